import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { CreateUserSchema } from "../../../proto/gen/limen/users/v1/user_commands_pb.ts";
import { UserCreatedSchema, UserCreationRejectedSchema } from "../../../proto/gen/limen/users/v1/user_events_pb.ts";
import { User_Status } from "../../../proto/gen/limen/users/v1/user_pb.ts";
import { type Delivery, PermanentFailure } from "./message.ts";
import { command, event, readBody, routeByType } from "./message-body.ts";

const id = "018f22e2-79b0-7cc3-98c4-dc0c0c07398f";
const ada = { creationId: id, userId: id, name: "Ada", email: "ada@example.com" };
const about = { id, source: "auth", subject: id, time: new Date(0), traceparent: "" };

const delivery = (data: JsonObject, type: string = CreateUserSchema.typeName): Delivery => ({
  ...about,
  type,
  data,
  attempt: 1,
});

const permanent = (reason: string) => (error: unknown) => {
  assert.ok(error instanceof PermanentFailure);
  assert.equal(error.reason, reason);
  assert.doesNotMatch(error.message, /ada@example/);
  return true;
};

describe("a command", () => {
  it("goes to its queue, which must exist, with its type and its body as protobuf JSON", () => {
    assert.deepEqual(command(CreateUserSchema, ada, { ...about, routingKey: "user_commands" }), {
      ...about,
      exchange: "limen.commands",
      routingKey: "user_commands",
      mandatory: true,
      type: "limen.users.v1.CreateUser",
      data: ada,
    });
  });
});

describe("an event", () => {
  it("goes to whoever is bound to its type", () => {
    const body = { userId: id, creationId: id, email: "ada@example.com", status: User_Status.ACTIVE, version: 7n };
    assert.deepEqual(event(UserCreatedSchema, body, { ...about, mandatory: false }), {
      ...about,
      exchange: "limen.events",
      routingKey: "limen.users.v1.UserCreated",
      mandatory: false,
      type: "limen.users.v1.UserCreated",
      data: { ...body, status: "ACTIVE", version: "7" },
    });
  });

  it("must be received only where its sender says so", () => {
    assert.equal(event(UserCreatedSchema, {}, { ...about, mandatory: true }).mandatory, true);
  });
});

describe("readBody", () => {
  it("reads what a sender encoded, after it travelled as JSON", () => {
    const { data } = command(CreateUserSchema, ada, { ...about, routingKey: "user_commands" });
    const received = readBody(CreateUserSchema, delivery(JSON.parse(JSON.stringify(data))));
    assert.deepEqual(received, fromJson(CreateUserSchema, ada));
  });

  it("overlooks fields that a newer sender knows", () => {
    const { name } = readBody(CreateUserSchema, delivery({ ...ada, nickname: "Countess", tags: [{ deep: 1 }] }));
    assert.equal(name, "Ada");
  });

  it("security 28: takes an unreadable body for a permanent failure", () => {
    for (const data of [
      { ...ada, name: 7 },
      { ...ada, email: ["ada@example.com"] },
      { ...ada, userId: {} },
    ]) {
      assert.throws(() => readBody(CreateUserSchema, delivery(data)), permanent("UNREADABLE_BODY"));
    }
    const odd = { userId: id, creationId: id, occurTime: "yesterday" };
    assert.throws(() => readBody(UserCreatedSchema, delivery(odd)), permanent("UNREADABLE_BODY"));
  });

  it("security 28: takes a body that breaks a rule of its contract for a permanent failure", () => {
    for (const data of [{}, { ...ada, creationId: "ada@example.com" }, { ...ada, userId: "" }]) {
      assert.throws(() => readBody(CreateUserSchema, delivery(data)), permanent("INVALID_BODY"));
    }
    const unexplained = { creationId: id, reason: "" };
    assert.throws(() => readBody(UserCreationRejectedSchema, delivery(unexplained)), permanent("INVALID_BODY"));
  });
});

describe("routeByType", () => {
  it("hands a delivery to the handler of its type and waits for it", async () => {
    const handled: Delivery[] = [];
    const bug = new Error("handler failed");
    const route = routeByType({
      one: async (given) => {
        handled.push(given);
      },
      other: async () => {
        throw bug;
      },
    });
    const given = delivery({}, "one");
    await route(given);
    assert.deepEqual(handled, [given]);
    await assert.rejects(route(delivery({}, "other")), bug);
  });

  it("security 28: takes an unknown type for a permanent failure, whatever its name", async () => {
    const route = routeByType({ one: async () => undefined });
    for (const type of ["another", "", "constructor", "__proto__", "toString", "x".repeat(10_000)]) {
      await assert.rejects(route(delivery({}, type)), (error) => {
        assert.ok(permanent("UNKNOWN_TYPE")(error) && error instanceof Error);
        return error.message.length < 300;
      });
    }
  });
});
