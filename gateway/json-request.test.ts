import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { AuthService } from "../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { UserService } from "../proto/gen/limen/users/v1/user_service_pb.ts";
import { bindingsOf } from "./bindings.ts";
import { createRequestReader, type HttpRequest } from "./json-request.ts";
import { Problem } from "./problem.ts";
import { compileLibrary } from "./testing/library.ts";

const library = compileLibrary()("LibraryService");

function read(operation: string, request: Partial<HttpRequest>): JsonValue {
  const binding = [library, UserService, AuthService].flatMap(bindingsOf).find((one) => one.operationId === operation);
  assert.ok(binding, operation);
  const message = createRequestReader(binding)({ parameters: {}, query: "", headers: {}, body: undefined, ...request });
  return toJson(binding.method.input, message);
}

function refused(operation: string, request: Partial<HttpRequest>): Record<string, string> {
  try {
    read(operation, request);
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    assert.equal(error.status, 400);
    return Object.fromEntries(error.violations.map(({ field, rule }) => [field, rule]));
  }
  return assert.fail("it was accepted");
}

describe("request from path, query, headers and body", () => {
  it("reads a query by the types of its fields", () => {
    const query = [
      "text=caf%C3%A9+noir",
      "pageSize=50",
      "lent=true",
      "formats=PAPER&formats=2",
      "minCopies=9007199254740993",
      "printedAfter=2026-01-31T12%3A00%3A00Z",
      "maxAge=2.5s",
      "readMask=title,printTime",
      "author.givenName=Ada&author.teacher.birthYear=1806",
      "signed=false",
      "minRating=4.5",
      "format=SCREEN",
    ].join("&");
    assert.deepEqual(read("SearchBooks", { query }), {
      text: "café noir",
      pageSize: 50,
      lent: true,
      formats: ["PAPER", "SCREEN"],
      minCopies: "9007199254740993",
      printedAfter: "2026-01-31T12:00:00Z",
      maxAge: "2.500s",
      readMask: "title,printTime",
      author: { givenName: "Ada", teacher: { birthYear: 1806 } },
      signed: false,
      minRating: 4.5,
      format: "SCREEN",
    });
  });

  it("takes protobuf's names, too", () => {
    assert.deepEqual(read("SearchBooks", { query: "page_size=3&author.given_name=Ada" }), {
      pageSize: 3,
      author: { givenName: "Ada" },
    });
  });

  it("names every query parameter that is unknown, doubled or of the wrong type", () => {
    assert.deepEqual(
      refused("SearchBooks", { query: "admin=1&author=x&labels.a=b&pageSize.x=1&pageSize=1&pageSize=2" }),
      {
        admin: "unknown_parameter",
        author: "unknown_parameter",
        "labels.a": "unknown_parameter",
        "pageSize.x": "unknown_parameter",
        pageSize: "duplicate_parameter",
      },
    );
    const wrong =
      "pageSize=ten&lent=yes&formats=PAPER&formats=STONE&maxAge=5&format=99&author.birthYear=1.5&printedAfter=today";
    assert.deepEqual(refused("SearchBooks", { query: wrong }), {
      pageSize: "type",
      lent: "type",
      "formats[1]": "type",
      maxAge: "type",
      format: "type",
      "author.birthYear": "type",
      printedAfter: "type",
    });
    assert.deepEqual(refused("SearchBooks", { query: "text=%ff" }), { text: "encoding" });
    assert.deepEqual(refused("SearchBooks", { query: "text=a%00b" }), { text: "encoding" });
  });

  it("names every body field at fault with its path", () => {
    const body = {
      name: "b1",
      admin: true,
      title: 7,
      format: "STONE",
      tags: ["a", 1],
      contributors: { ada: { givenName: [] }, grace: {} },
      printTime: "yesterday",
      author: { teacher: { shoeSize: 44 } },
      copies: 1.5,
      cover: "%%%",
    };
    assert.deepEqual(refused("CreateBook", { parameters: { p2: "7" }, body }), {
      admin: "unknown_field",
      title: "type",
      format: "type",
      "tags[1]": "type",
      'contributors["ada"].givenName': "type",
      printTime: "type",
      "author.teacher.shoeSize": "unknown_field",
      copies: "type",
      cover: "type",
    });
  });

  it("security 27: refuses an enum's number that has no name, and the same field by both of its names", () => {
    assert.deepEqual(refused("CreateBook", { parameters: { p2: "7" }, body: { format: 99 } }), { format: "type" });
    const body = { printTime: null, print_time: null };
    assert.deepEqual(refused("CreateBook", { parameters: { p2: "7" }, body }), { print_time: "duplicate_name" });
    assert.deepEqual(refused("CreateBook", { parameters: { p2: "7" }, body: { box: 1, shelfMark: "a" } }), {
      "": "contradictory",
    });
  });

  it("maps path to fields, the rest of the query, and a body to one field", () => {
    const parameters = { p2: "7" };
    assert.deepEqual(read("CreateBook", { parameters, query: "dryRun=true", body: { title: "T" } }), {
      shelf: 7,
      dryRun: true,
      book: { title: "T" },
    });
    assert.deepEqual(read("CreateBook", { parameters }), { shelf: 7, book: {} });
    assert.deepEqual(refused("CreateBook", { parameters: { p2: "seven" }, body: {} }), { shelf: "type" });
    assert.deepEqual(refused("CreateBook", { parameters, query: "book.title=x&shelf=8" }), {
      "book.title": "unknown_parameter",
      shelf: "unknown_parameter",
    });
    assert.deepEqual(refused("CreateBook", { parameters, body: [] }), { "": "type" });
  });

  it("takes no query where the body is the whole request, and no body where there is none", () => {
    assert.deepEqual(refused("ArchiveBook", { parameters: { p2: "b" }, query: "reason=x" }), {
      reason: "unknown_parameter",
    });
    assert.deepEqual(refused("SearchBooks", { body: { text: "x" } }), { text: "unknown_field" });
    assert.deepEqual(read("SearchBooks", { body: {} }), {});
    for (const body of [[], null, "x", 1]) assert.deepEqual(refused("ArchiveBook", { body }), { "": "type" });
  });

  it("accepts a body that repeats the path, and refuses one that contradicts it", () => {
    const parameters = { p3: "u1" };
    assert.deepEqual(read("UpdateUser", { parameters, body: { id: "u1", name: "Ada" } }), {
      user: { id: "u1", name: "Ada" },
    });
    assert.deepEqual(refused("UpdateUser", { parameters, body: { id: "u2", name: "Ada" } }), { id: "conflict" });
    assert.deepEqual(read("UpdateUser", { parameters, body: { update_time: null, id: null } }), { user: { id: "u1" } });
    assert.deepEqual(refused("UpdateUser", { parameters, body: "Ada" }), { "": "type" });
    assert.deepEqual(refused("UpdateUser", { parameters, body: { email: 1 } }), { email: "type" });
  });

  it("puts a variable with a pattern together, and takes additional bindings", () => {
    assert.deepEqual(read("GetBook", { parameters: { p2: "s1", p4: "b1" } }), { name: "shelves/s1/books/b1" });
    assert.deepEqual(read("GetBook2", { parameters: { p2: "b1" } }), { name: "b1" });
    assert.deepEqual(refused("GetBook2", { parameters: { p2: "b\0" } }), { name: "encoding" });
  });

  it("fills fields from headers, and refuses a field that is given twice", () => {
    const headers = { "idempotency-key": "k1", prefer: "respond-async, wait=5" };
    assert.deepEqual(read("Register", { headers, body: { name: "Ada" } }), {
      name: "Ada",
      idempotencyKey: "k1",
      wait: "5s",
    });
    assert.deepEqual(refused("Register", { headers, body: { idempotency_key: "k2" } }), { idempotencyKey: "conflict" });
    assert.deepEqual(refused("Register", { headers, body: { idempotencyKey: "k2", wait: "1s" } }), {
      idempotencyKey: "conflict",
      wait: "conflict",
    });
    assert.deepEqual(refused("GetRegistration", { headers, query: "wait=1s", parameters: { p4: "r" } }), {
      wait: "conflict",
    });
    assert.deepEqual(read("UpdateUser", { headers: { "if-match": '"v1"' }, parameters: { p3: "u1" } }), {
      user: { id: "u1", etag: "v1" },
    });
  });
});
