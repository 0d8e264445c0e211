import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { routeOf } from "./replay-route.ts";

const letter = {
  queue: "user_commands",
  messageId: "01a2033c-6b0e-7cc0-a5a1-2f6b7c1d9e00",
  type: "limen.users.v1.CreateUser",
  data: '{"name":"Ada"}',
};

describe("a replay", () => {
  it("takes a command to its queue, whatever its type", () => {
    const expected = { via: "users", exchange: "limen.commands", routingKey: "user_commands" };
    assert.deepEqual(routeOf(letter), expected);
    assert.deepEqual(routeOf({ ...letter, type: "limen.users.v2.CreateUser" }), expected);
    assert.deepEqual(routeOf({ ...letter, queue: "auth_commands" }), {
      via: "auth",
      exchange: "limen.commands",
      routingKey: "auth_commands",
    });
  });

  it("takes an event out again by the service whose event it is", () => {
    const type = "limen.users.v1.UserCreated";
    assert.deepEqual(routeOf({ ...letter, queue: "auth_user_events", type }), {
      via: "users",
      exchange: "limen.events",
      routingKey: type,
    });
  });

  for (const [what, change, why] of [
    ["for no queue of Limen", { queue: "other" }, /no queue other/],
    ["without an id", { messageId: "" }, /no UUID/],
    ["without a type", { type: "" }, /type is missing/],
    ["of an event that the queue does not receive", { queue: "auth_user_events" }, /no events of this type/],
    ["that is no JSON", { data: "\ufffd{" }, /no JSON object/],
    ["that is no object", { data: "[]" }, /no JSON object/],
    ["that is nothing", { data: "null" }, /no JSON object/],
    ["with a NUL, which jsonb has no place for", { data: '{"name":"\\u0000"}' }, /no JSON object/],
    ["with half a character in a name", { data: '{"\\ud800":1}' }, /no JSON object/],
  ] as const) {
    it(`refuses a message ${what}`, () => {
      const route = routeOf({ ...letter, ...change });
      assert.ok("why" in route);
      assert.match(route.why, why);
    });
  }
});
