import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { authSubscriptions } from "../../services/auth/infrastructure/message-consumer.ts";
import { limenQueues, shortType } from "./limen-queues.ts";

describe("the queues that an operator sees", () => {
  it("are bound as auth subscribes", () => {
    const never = () => Promise.reject(new Error("only the subscriptions are looked at"));
    const subscriptions = authSubscriptions({
      advance: never,
      sendPasswordReset: never,
      settle: { userCreated: never, userCreationRejected: never, userChanged: never },
      settleEmailChange: { userEmailChanged: never, userEmailChangeRejected: never },
    });
    const bindings = limenQueues
      .filter(({ consumer }) => consumer === "auth")
      .map(({ name, exchange, eventTypes }) => {
        const routingKeys = exchange === "limen.commands" ? [name] : eventTypes;
        return { queue: name, bindings: routingKeys.map((routingKey) => ({ exchange, routingKey })) };
      });
    assert.deepEqual(
      bindings,
      subscriptions.map(({ queue, bindings }) => ({ queue, bindings })),
    );
  });
});

describe("a message type", () => {
  it("is told by its last part", () => {
    assert.deepEqual(["limen.users.v1.CreateUser", "Odd", ""].map(shortType), ["CreateUser", "Odd", ""]);
  });
});
