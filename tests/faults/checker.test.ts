import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { somebody } from "../support/client.ts";
import { type Findings, judge, type Observed } from "./checker.ts";
import { type Attempt, type ClientLog, createClientLog, type Outcome, type Wish } from "./client-log.ts";

const answers: Readonly<Record<Outcome, Pick<Attempt, "status" | "reason">>> = {
  acknowledged: { status: 202, reason: "" },
  definite: { status: 409, reason: "EMAIL_TAKEN" },
  indeterminate: { status: 0, reason: "ECONNRESET" },
};

/** A state that the lists of `Observed` can be changed in. */
type Draft = { -readonly [list in keyof Observed]: Observed[list] extends readonly (infer T)[] ? T[] : Observed[list] };

/** One person's registration that went well, as clients and databases know it. */
function went(...outcomes: Outcome[]): { log: ClientLog; wish: Wish; state: Draft } {
  const log = createClientLog();
  const wish = log.add(somebody());
  const [id, userId] = ["registration", "user"];
  for (const outcome of outcomes) {
    const known = outcome === "acknowledged" ? { registrationId: id, userId } : { registrationId: null, userId: null };
    wish.attempts.push({ outcome, ...answers[outcome], ...known, ms: 1 });
  }
  const { email } = wish.person;
  const state: Draft = {
    registrations: [{ id, userId, state: "COMPLETED", key: wish.key }],
    users: [{ id: userId, email, status: "ACTIVE" }],
    accounts: [{ userId, email, status: "ACTIVE", hasPassword: true }],
    creations: [{ id, userId, outcome: "CREATED" }],
    journal: ["limen.users.v1.CreateUser", "limen.users.v1.UserCreated", "limen.auth.v1.UserRegistered"].map(
      (type) => ({
        type,
        creationId: id,
      }),
    ),
    deadLetters: [],
    outbox: 0,
    queued: [],
    lockedOut: new Set(),
  };
  return { log, wish, state };
}

const counts = (findings: Findings) =>
  Object.fromEntries(
    Object.entries(findings)
      .map(([name, lines]) => [name, lines.length])
      .filter(([, count]) => count !== 0),
  );

/** What is found after `change` was made to a good state. */
function found(change: (state: Draft, wish: Wish) => void, outcomes: Outcome[] = ["acknowledged"]) {
  const { log, wish, state } = went(...outcomes);
  change(state, wish);
  return counts(judge(log, state, []));
}

describe("the checker", () => {
  it("finds nothing wrong with what went well", () => {
    assert.deepEqual(
      found(() => undefined),
      {},
    );
    assert.deepEqual(
      found(() => undefined, ["indeterminate", "acknowledged"]),
      {},
    );
  });

  it("counts as lost who was acknowledged and is not in", () => {
    const gone = (state: Draft) => Object.assign(state, { registrations: [], users: [], accounts: [] });
    assert.deepEqual(found(gone), { lost: 1 });
    assert.deepEqual(found(gone, ["indeterminate"]), {});
    assert.equal(found((state) => Object.assign(state, { users: [] })).lost, 1);
    assert.equal(found((state) => Object.assign(state, { accounts: [] })).lost, 1);
    assert.deepEqual(
      found((state, { person }) => Object.assign(state, { lockedOut: new Set([person.email]) })),
      { lost: 1 },
    );
  });

  it("takes a rejection for good only where somebody else has the address", () => {
    const rejected = (state: Draft, owner: string | undefined, { person }: Wish) => {
      const registrations = state.registrations.map((one) => ({ ...one, state: "REJECTED" }));
      const users = owner === undefined ? [] : [{ id: owner, email: person.email, status: "ACTIVE" }];
      Object.assign(state, { registrations, users, accounts: [] });
    };
    assert.deepEqual(
      found((state, wish) => rejected(state, undefined, wish)),
      { lost: 1 },
    );
    assert.equal(found((state, wish) => rejected(state, "user", wish)).lost, 1);
    assert.equal(found((state, wish) => rejected(state, "somebody else", wish)).lost, undefined);
  });

  it("counts as duplicated what exists twice, and effects that happened twice", () => {
    assert.equal(found((state) => state.users.push({ ...state.users[0], id: "other" } as never)).duplicated, 1);
    assert.equal(found((state) => state.creations.push({ ...state.creations[0] } as never)).duplicated, 2);
    assert.equal(
      found((state) => state.registrations.push({ ...state.registrations[0], id: "2" } as never)).duplicated,
      1,
    );
    assert.deepEqual(
      found((_, { attempts }) => attempts.push({ ...attempts[0], registrationId: "other" } as never)),
      { duplicated: 1 },
    );
    for (const type of ["limen.users.v1.UserCreated", "limen.auth.v1.UserRegistered"]) {
      assert.deepEqual(
        found((state) => state.journal.push({ type, creationId: "registration" })),
        { duplicated: 1 },
        type,
      );
    }
  });

  it("takes an answer to a command that was sent again for what it is", () => {
    assert.deepEqual(
      found((state) => {
        for (const type of ["limen.users.v1.CreateUser", "limen.users.v1.UserCreated"]) {
          state.journal.push({ type, creationId: "registration" });
        }
      }),
      {},
    );
  });

  it("counts as orphaned what has lost its other half, or never ends", () => {
    const orphaned = (change: (state: Draft) => void) => found(change, ["indeterminate"]).orphaned;
    assert.equal(
      orphaned((state) => Object.assign(state, { accounts: [] })),
      1,
    );
    assert.equal(
      orphaned((state) => Object.assign(state, { users: [] })),
      1,
    );
    const [is, status] = [(changes: object) => (one: object) => ({ ...one, ...changes }), "SUSPENDED"];
    assert.equal(
      orphaned((state) => Object.assign(state, { accounts: state.accounts.map(is({ status })) })),
      1,
    );
    const invited = is({ hasPassword: false });
    assert.equal(
      orphaned((state) => Object.assign(state, { accounts: state.accounts.map(invited) })),
      1,
    );
    const open = is({ state: "CREATING" });
    assert.equal(
      orphaned((state) => Object.assign(state, { registrations: state.registrations.map(open) })),
      2,
    );
    const undecided = is({ outcome: null });
    assert.equal(
      orphaned((state) => Object.assign(state, { creations: state.creations.map(undecided) })),
      1,
    );
  });

  it("counts as unexpected what nobody wished for, and what was refused", () => {
    const stranger = { id: "stranger", email: "stranger@example.com", status: "ACTIVE" };
    assert.equal(found((state) => state.users.push(stranger)).unexpected, 1);
    assert.equal(
      found((state) => state.registrations.push({ id: "r", userId: "u", state: "FAILED", key: null })).unexpected,
      1,
    );
    assert.deepEqual(
      found(() => undefined, ["indeterminate", "definite"]),
      { unexpected: 1 },
    );
  });

  it("counts as recovered, which is allowed, what happened though nobody said so", () => {
    assert.deepEqual(
      found(() => undefined, ["indeterminate"]),
      { recovered: 1 },
    );
  });

  it("counts as leftovers what still lies about, and every difference between poisons and dead letters", () => {
    assert.deepEqual(
      found((state) => Object.assign(state, { outbox: 3 })),
      { leftovers: 1 },
    );
    assert.deepEqual(
      found((state) => state.queued.push({ queue: "user_commands.retry", messages: 1 })),
      { leftovers: 1 },
    );
    const { log, state } = went("acknowledged");
    state.deadLetters.push("poison", "innocent");
    assert.deepEqual(counts(judge(log, state, ["poison"])), { leftovers: 1 });
    assert.deepEqual(counts(judge(log, state, ["poison", "innocent"])), {});
    assert.deepEqual(counts(judge(log, state, ["poison", "innocent", "vanished"])), { leftovers: 1 });
  });
});
