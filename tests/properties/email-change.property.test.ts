import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { device } from "../../services/auth/infrastructure/in-memory-access.fixture.ts";
import { DomainError } from "../../services/platform/errors.ts";
import type { CallEnd } from "./client-log.ts";
import { Crash } from "./crashing-unit-of-work.ts";
import { type NetworkStep, networkSteps, often, takeNetworkStep, which } from "./network-steps.ts";
import { propertyRuns } from "./property-runs.ts";
import { createSimulatedSystem, type SimulatedSystem } from "./simulated-system.ts";

describe("the change of an address across both contexts", () => {
  it("ends, once, with one owner of each address, whatever the network and the crashes have done", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const told: string[] = [];
        try {
          await keepsItsPromise(steps, told);
        } catch (error) {
          throw new Error(`what happened:\n${told.join("\n")}`, { cause: error });
        }
      }),
      propertyRuns(300),
    );
  });
});

const people = ["grace", "alan", "kurt"].map((name) => ({
  email: `${name}@example.com`,
  password: `the password of ${name}`,
}));
const wanted = ["new@example.com", "other@example.com", "grace@example.com", "alan@example.com"];

type Step =
  | NetworkStep
  | { readonly do: "ask"; readonly person: number; readonly email: string; readonly dies: boolean }
  /** Asks, and follows the link. */
  | { readonly do: "move"; readonly person: number; readonly email: string }
  /** `which` of the links that were mailed so far, round and round. */
  | { readonly do: "confirm"; readonly which: number; readonly end: CallEnd; readonly twice: boolean }
  | { readonly do: "register"; readonly email: string };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ do: fc.constant("move"), person: fc.nat(2), email: fc.constantFrom(...wanted) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("ask"),
        person: fc.nat(2),
        email: fc.constantFrom(...wanted),
        dies: often(false, false, true),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("confirm"),
        which,
        end: often<CallEnd>("answered", "crash before the commit"),
        twice: often(false, true),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("register"), email: fc.constantFrom(...wanted) }) },
    ...networkSteps,
  ) satisfies fc.Arbitrary<Step>,
  { maxLength: 60, size: "max" },
);

/** `told` gets a line for each step. */
async function keepsItsPromise(steps: readonly Step[], told: string[]): Promise<void> {
  const system = await createSimulatedSystem();
  const userIds: string[] = [];
  for (const person of people) {
    const { registration } = await system.register({ ...person, key: person.email }, false);
    userIds.push(registration.userId);
  }
  await system.settleDown();
  for (const step of steps) told.push(onOneLine(step, await take(step, system, userIds)));

  await system.heal();
  await system.heal();
  await everyChangeEndedAsItWasDecided(system);
  await everyAddressHasOneOwner(system);
  await everybodyComesInWithTheirLastAddress(system, userIds);
}

async function everyChangeEndedAsItWasDecided({ access, usersPublished }: SimulatedSystem): Promise<void> {
  const outcomes = new Map<string, string>();
  for (const event of usersPublished()) {
    if (!("changeId" in event)) continue;
    const outcome = event.type === "user-email-changed" ? "CHANGED" : event.reason;
    assert.equal(outcomes.get(event.changeId) ?? outcome, outcome, `${event.changeId} was decided twice`);
    outcomes.set(event.changeId, outcome);
  }
  const changes = [...access.uow.emailChanges.values()];
  const audited = (event: string) => access.audited.flatMap((entry) => (entry.event === event ? [entry] : []));
  const times = (event: string, id: string) =>
    audited(event).filter((e) => "changeId" in e && e.changeId === id).length;
  for (const { id, state, reason, addresses, nextSendTime } of changes) {
    const outcome = outcomes.get(id) ?? "nothing";
    const expected = outcome === "CHANGED" ? "COMPLETED" : outcome === "CANCELLED" ? "FAILED" : "REJECTED";
    assert.deepEqual([state, addresses, nextSendTime], [expected, null, null], `${id}, decided as ${outcome}`);
    assert.equal(reason, outcome === "CHANGED" ? null : outcome);
    const counts = ["email_change_confirmed", "email_changed", "email_change_rejected"].map((e) => times(e, id));
    assert.deepEqual(counts, outcome === "CHANGED" ? [1, 1, 0] : [1, 0, 1], `what is told of ${id}`);
  }
}

async function everyAddressHasOneOwner(system: SimulatedSystem): Promise<void> {
  const users = await system.users();
  assert.equal(new Set(users.map(({ email }) => email)).size, users.length);
  for (const user of users) {
    const account = await system.access.uow.accounts.find(user.id);
    assert.equal(account?.email, user.email, `auth knows the address of ${user.id}`);
  }
}

/** The last change that each of them confirmed, of those that were made. */
async function everybodyComesInWithTheirLastAddress(system: SimulatedSystem, userIds: string[]): Promise<void> {
  const { access } = system;
  const users = new Map((await system.users()).map((user) => [user.id as string, user]));
  for (const [index, { email: first, password }] of people.entries()) {
    const userId = userIds[index] ?? "";
    const made = [...access.uow.emailChanges.values()].filter((c) => c.userId === userId && c.state === "COMPLETED");
    const last = access.uow.mails.find(({ proofId }) => proofId === made.at(-1)?.id)?.to ?? first;
    assert.equal(users.get(userId)?.email, last);
    const account = await access.uow.accounts.find(userId);
    for (const email of new Set([first, ...wanted])) {
      const comesIn = await access.login({ email, password, device }).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof DomainError)) throw error;
          return false;
        },
      );
      assert.equal(comesIn, account?.status === "ACTIVE" && email === last, `${first} with ${email}`);
    }
  }
}

const onOneLine = (...values: unknown[]): string =>
  values.map((value) => inspect(value, { breakLength: Number.POSITIVE_INFINITY })).join(" → ");

/** Reasons that a caller may hear. */
const refusals = [
  ...["EMAIL_UNCHANGED", "INVALID_CREDENTIALS", "THROTTLED"],
  ...["INVALID_PROOF", "EMAIL_CHANGE_IN_PROGRESS", "EMAIL_TAKEN"],
];

async function refusable(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Crash) return "it died";
    if (error instanceof DomainError && refusals.includes(error.reason)) return error.reason;
    throw error;
  }
}

/** Does the step, and gives what came of it. */
async function take(step: Step, system: SimulatedSystem, userIds: readonly string[]): Promise<unknown> {
  switch (step.do) {
    case "ask":
      return ask(step.person, step.email, step.dies);
    case "move":
      return [await ask(step.person, step.email, false), await confirm(0, false)];
    case "confirm": {
      const dies = step.end !== "answered";
      return Promise.all(Array.from({ length: step.twice ? 2 : 1 }, () => confirm(step.which, dies)));
    }
    case "register":
      return refusable(
        system.register({ email: step.email, password: "a newcomer's", key: `newcomer to ${step.email}` }, false),
      );
    default:
      return takeNetworkStep(step, system);
  }

  function ask(person: number, email: string, dies: boolean): Promise<unknown> {
    const password = people[person]?.password ?? "";
    return refusable(system.changeEmail(userIds[person] ?? "", password, email, dies));
  }

  /** The newest link is number 0. */
  async function confirm(which: number, dies: boolean): Promise<unknown> {
    const links = system.access.uow.mails.filter(({ template }) => template === "CHANGE_EMAIL");
    const mail = links.at(-1 - (which % Math.max(links.length, 1)));
    return mail && refusable(system.confirmEmailChange(mail, dies));
  }
}
