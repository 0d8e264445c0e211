import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createCancelUserCreation } from "../application/cancel-user-creation.ts";
import { createCreateUser } from "../application/create-user.ts";
import { type CreateUserMessage, createCreateUsers } from "../application/create-users.ts";
import type { BatchUnitOfWork, UnitOfWork } from "../application/ports.ts";
import type { UserEvent } from "../domain/events.ts";
import { createInMemoryUnitOfWork } from "./in-memory-unit-of-work.ts";

interface Opened {
  readonly uow: UnitOfWork & BatchUnitOfWork;
  /** What was said about a creation: "CREATED <user> <address>" or the reason of its rejection. */
  readonly answersAbout: (creationId: string) => Promise<string[]>;
}

/** A batch is as good as its messages one by one in some order, on every implementation of the unit of work. */
export function createUsersContract(name: string, open: () => Opened, numRuns: number): void {
  describe(`create users in batches: ${name}`, () => {
    it("does what it does to the messages one by one, in some order", async () => {
      await fc.assert(
        fc.asyncProperty(drawnHistory, drawnBatch, async (history, batch) => {
          const people = spellOut(history.length + batch.length);
          const before = history.map((drawn, index) => people.message(drawn, index));
          const together = batch.map((drawn) => people.message(drawn, history.length + drawn.messageId));
          const opened = open();
          await oneByOne(opened.uow, before);
          await createCreateUsers({ uow: opened.uow, clock })(together);
          const outcome = await said(opened.answersAbout, people.creationIds);
          const possible = await Promise.all(permutations(together).map((order) => expected([...before, ...order])));
          const isPossible = possible.some((answers) => answers === outcome);
          assert.ok(isPossible, `${outcome}\nis none of\n${[...new Set(possible)].join("\n")}`);

          async function expected(messages: readonly Step[]): Promise<string> {
            const uow = createInMemoryUnitOfWork();
            await oneByOne(uow, messages);
            return said(async (creationId) => answersAbout(uow.published(), creationId), people.creationIds);
          }
        }),
        { numRuns },
      );
    });
  });
}

type Step = CreateUserMessage & { readonly cancels?: boolean };

const clock = { now: () => new Date("2026-01-01T00:00:00Z") };
const few = fc.nat({ max: 2 });
const drawnCommand = {
  creation: few,
  user: few,
  address: fc.nat({ max: 3 }),
  name: fc.constantFrom("Zoë", "Zoë", "Zoë", " "),
};
const drawnHistory = fc.array(fc.record({ ...drawnCommand, cancels: fc.constantFrom(false, false, true) }), {
  maxLength: 3,
});
const drawnBatch = fc.array(fc.record({ ...drawnCommand, messageId: fc.nat({ max: 4 }) }), {
  minLength: 1,
  maxLength: 4,
});

/** New ids and addresses for each run, for a database that keeps the users of the runs before. */
function spellOut(messages: number) {
  const ids = (count: number) => Array.from({ length: count }, () => randomUUID() as string);
  const [creationIds, userIds, messageIds] = [ids(3), ids(3), ids(messages + 5)];
  const addresses = [...ids(3).map((id) => `${id}@example.com`), "nowhere"];
  const at = (list: readonly string[], index: number): string => list[index] ?? assert.fail(`no ${index}`);
  return {
    creationIds,
    message(
      drawn: { creation: number; user: number; address: number; name: string; cancels?: boolean },
      messageId: number,
    ): Step {
      return {
        messageId: at(messageIds, messageId),
        traceparent: "",
        cancels: drawn.cancels ?? false,
        command: {
          creationId: at(creationIds, drawn.creation),
          userId: at(userIds, drawn.user),
          email: at(addresses, drawn.address),
          name: drawn.name,
        },
      };
    },
  };
}

async function oneByOne(uow: UnitOfWork, steps: readonly Step[]): Promise<void> {
  const createUser = createCreateUser({ uow, clock });
  const cancel = createCancelUserCreation({ uow, clock });
  for (const { command, messageId, cancels } of steps) await (cancels ? cancel : createUser)(command, messageId);
}

async function said(answersAbout: Opened["answersAbout"], creationIds: readonly string[]): Promise<string> {
  const answers = await Promise.all(creationIds.map(answersAbout));
  return JSON.stringify(answers.map((list) => list.toSorted()));
}

export function answersAbout(events: readonly UserEvent[], creationId: string): string[] {
  return events.flatMap((event) => {
    if (!("creationId" in event) || event.creationId !== creationId) return [];
    return event.type === "user-created" ? `CREATED ${event.userId} ${event.email}` : event.reason;
  });
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
