import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { propertyRuns } from "../../../tests/properties/property-runs.ts";
import { modelUsers } from "../../../tests/properties/users-model.ts";
import { drawnSteps, messageIdsOf, type Step, spelledOut } from "../../../tests/properties/users-steps.ts";
import { DomainError } from "../../platform/errors.ts";
import { pending } from "../domain/creation.ts";
import { parseUserId } from "../domain/user.ts";
import { createInMemoryUnitOfWork } from "../infrastructure/in-memory-unit-of-work.ts";
import { createCancelUserCreation } from "./cancel-user-creation.ts";
import { createCreateUser } from "./create-user.ts";
import { createCreateUsers } from "./create-users.ts";
import { createDeleteUser } from "./delete-user.ts";
import { createReactivateUser } from "./reactivate-user.ts";
import { createSuspendUser } from "./suspend-user.ts";
import { createUpdateUser } from "./update-user.ts";

describe("the creation of users, whatever comes in whatever order", () => {
  it("does what the model does, step by step", async () => {
    await fc.assert(
      fc.asyncProperty(drawnSteps, async (drawn) => {
        const [real, model] = [realUsers(), modelUsers()];
        for (const [index, step] of spelledOut(drawn).entries()) {
          const now = new Date(Date.UTC(2026, 0, 1) + index * 1_000);
          const before = real.published().length;
          const refusal = await real.take(step, now);
          assert.deepEqual(
            { refusal, said: real.published().slice(before) },
            model.take(step, now),
            `step ${index}: ${step.do}`,
          );
        }
        for (const user of model.users()) {
          assert.deepEqual(await real.find(user.id), user);
        }
      }),
      propertyRuns(1_000),
    );
  });

  it("answers each message once and decides each creation once; an address and an id have one user", async () => {
    await fc.assert(
      fc.asyncProperty(drawnSteps, async (drawn) => {
        const real = realUsers();
        const steps = spelledOut(drawn);
        for (const step of steps) await real.take(step, new Date(0));
        const answers = real.published().filter((event) => "creationId" in event);
        assert.equal(answers.length, new Set(steps.flatMap(messageIdsOf)).size);
        const users = answers.filter((answer) => answer.type === "user-created");
        hasOneValuePerKey(answers, ({ creationId }) => creationId, outcomeOf);
        hasOneValuePerKey(users, userIdOf, ({ email }) => email);
        hasOneValuePerKey(users, ({ email }) => email, userIdOf);
        hasOneValuePerKey(users, userIdOf, ({ creationId }) => creationId);
      }),
      propertyRuns(1_000),
    );
  });
});

const userIdOf = (event: { userId: string }) => event.userId;
const outcomeOf = (answer: { type: string; userId?: string; reason?: string }) =>
  `${answer.type} ${answer.userId ?? answer.reason}`;

/** The same key never comes with another value. */
function hasOneValuePerKey<T>(pairs: readonly T[], keyOf: (pair: T) => string, valueFor: (pair: T) => string): void {
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const value = values.get(keyOf(pair));
    assert.equal(valueFor(pair), value ?? valueFor(pair), `another value for ${keyOf(pair)}`);
    values.set(keyOf(pair), valueFor(pair));
  }
}

/** The use cases. `take` gives the reason of a refusal, or null. */
function realUsers() {
  const uow = createInMemoryUnitOfWork();
  let time = new Date(0);
  const deps = { uow, clock: { now: () => time } };
  const [createUser, cancelUserCreation] = [createCreateUser(deps), createCancelUserCreation(deps)];
  const createUsers = createCreateUsers(deps);
  const changes = {
    suspend: createSuspendUser(deps),
    reactivate: createReactivateUser(deps),
    delete: createDeleteUser(deps),
  };
  const updateUser = createUpdateUser(deps);

  function run(step: Step): Promise<unknown> {
    switch (step.do) {
      case "create":
        return createUser(step, step.messageId);
      case "cancel":
        return cancelUserCreation(step, step.messageId);
      case "create together":
        return createUsers(step.messages.map(({ messageId, ...command }) => ({ messageId, command, traceparent: "" })));
      case "announce":
        return uow.run(({ creations }) => creations.claim(pending(step.creationId, parseUserId(step.userId))));
      case "rename":
        return updateUser({ userId: step.userId, etag: null, actor: null, name: step.name });
      default:
        return changes[step.do]({ userId: step.userId, etag: null, actor: null });
    }
  }

  return {
    published: uow.published,
    find: (id: string) => uow.run(({ users }) => users.find(parseUserId(id))),
    async take(step: Step, now: Date): Promise<string | null> {
      time = now;
      try {
        await run(step);
        return null;
      } catch (error) {
        if (error instanceof DomainError) return error.reason;
        throw error;
      }
    },
  };
}
