import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DomainError } from "../../platform/errors.ts";
import {
  etagOf,
  newUser,
  parseEmail,
  parseName,
  parseUserId,
  reactivate,
  remove,
  rename,
  requireVersion,
  suspend,
} from "./user.ts";

const created = new Date("2026-01-01T00:00:00Z");
const later = new Date("2026-01-02T00:00:00Z");
const ada = newUser(
  parseUserId("0197a000-0000-7000-8000-000000000001"),
  parseName("Ada"),
  parseEmail("ada@example.com"),
  created,
);

const reason = (expected: string) => (error: unknown) => error instanceof DomainError && error.reason === expected;

describe("an e-mail address", () => {
  it("is the same however it is written", () => {
    assert.equal(parseEmail(" Ada@Example.COM "), "ada@example.com");
  });

  for (const wrong of ["", "ada", "@example.com", "ada@", "a da@example.com", "ada@exa\r\nmple.com", "a@b@c"]) {
    it(`is not ${JSON.stringify(wrong)}`, () => assert.throws(() => parseEmail(wrong), reason("INVALID_EMAIL")));
  }

  it("has at most 254 characters", () => {
    assert.equal(parseEmail(`${"a".repeat(242)}@example.com`).length, 254);
    assert.throws(() => parseEmail(`${"a".repeat(243)}@example.com`), reason("INVALID_EMAIL"));
  });

  it("holds no half of a surrogate pair", () => {
    assert.throws(() => parseEmail("\ud800@example.com"), reason("INVALID_EMAIL"));
  });
});

describe("a name", () => {
  it("is trimmed and composed", () => {
    assert.equal(parseName("  Zoe\u0308 "), "Zo\u00eb");
  });

  it("is counted in characters, not in UTF-16 units", () => {
    assert.equal([...parseName("\u{1f600}".repeat(200))].length, 200);
    assert.throws(() => parseName("\u{1f600}".repeat(201)), reason("INVALID_NAME"));
  });

  for (const wrong of ["", "   ", "A\u0000da", "Ada\nLovelace", "\u009f", "\udc00"]) {
    it(`is not ${JSON.stringify(wrong)}`, () => assert.throws(() => parseName(wrong), reason("INVALID_NAME")));
  }
});

describe("a user id", () => {
  it("is a UUID in lower case", () => {
    assert.equal(parseUserId("0197A000-0000-7000-8000-000000000001"), ada.id);
  });

  it("of another form is nobody's", () => {
    assert.throws(() => parseUserId("me"), reason("USER_NOT_FOUND"));
  });
});

describe("a change of a user", () => {
  it("makes the next version", () => {
    assert.deepEqual(rename(ada, parseName("Ada King"), later), {
      ...ada,
      name: "Ada King",
      version: 2,
      updateTime: later,
    });
    assert.deepEqual(suspend(ada, later), { ...ada, status: "SUSPENDED", version: 2, updateTime: later });
    assert.deepEqual(remove(ada, later), { ...ada, status: "DELETED", version: 2, updateTime: later });
  });

  it("that changes nothing gives the same record", () => {
    const suspended = suspend(ada, later);
    const deleted = remove(ada, later);
    assert.equal(rename(ada, ada.name, later), ada);
    assert.equal(suspend(suspended, later), suspended);
    assert.equal(reactivate(ada, later), ada);
    assert.equal(remove(deleted, later), deleted);
  });

  it("lets a suspended user in again", () => {
    assert.deepEqual(reactivate(suspend(ada, later), later), { ...ada, version: 3, updateTime: later });
  });

  it("is refused once the user is deleted", () => {
    const deleted = remove(suspend(ada, later), later);
    for (const change of [suspend, reactivate]) assert.throws(() => change(deleted, later), reason("USER_DELETED"));
    assert.throws(() => rename(deleted, ada.name, later), reason("USER_DELETED"));
  });
});

describe("an etag", () => {
  it("stands for one version", () => {
    const suspended = suspend(ada, later);
    requireVersion(suspended, etagOf(suspended));
    assert.throws(() => requireVersion(suspended, etagOf(ada)), reason("ETAG_MISMATCH"));
  });

  it("that is not given is no condition", () => requireVersion(ada, null));
});
