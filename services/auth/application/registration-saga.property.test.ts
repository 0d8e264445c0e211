import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Due, modelAuth, type View } from "../../../tests/properties/auth-model.ts";
import {
  answerTo,
  drawnSteps,
  hashOf,
  registering,
  registrationOf,
  type Step,
  spelledOut,
  story,
  userOf,
} from "../../../tests/properties/auth-steps.ts";
import { propertyRuns } from "../../../tests/properties/property-runs.ts";
import { mayLogIn } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import type { AuthMessage } from "../domain/messages.ts";
import { accepted } from "../domain/registration.ts";
import type { Session } from "../domain/session.ts";
import { createInMemoryUnitOfWork } from "../infrastructure/in-memory-unit-of-work.ts";
import { createAdvanceRegistration } from "./advance-registration.ts";
import { createSettleRegistration } from "./settle-registration.ts";
import { createSweepRegistrations } from "./sweep-registrations.ts";

describe("the registration saga, whatever news comes in whatever order, once, twice or never", () => {
  it("does what the model does, step by step, and ends when what it sends again is answered", async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(story, story, story), drawnSteps, async (stories, drawn) => {
        const [real, model] = [await realAuth(), modelAuth()];
        const take = async (step: Step): Promise<string[]> => {
          const { due, sent } = await real.take(step);
          assert.deepEqual(sent, model.take(step, due), `what is sent at ${JSON.stringify(step)}`);
          assert.deepEqual(await real.view(), model.view(), `what is known after ${JSON.stringify(step)}`);
          return sent;
        };
        for (const step of spelledOut(drawn, stories)) await take(step);

        const unanswered = await take({ do: "sweep", afterMs: longestWaitMs });
        for (const sent of unanswered) {
          const answer = answerTo(sent, stories);
          if (answer !== undefined) unanswered.push(...(await take(answer)));
        }
        for (const { id, state } of (await real.view()).registrations) {
          assert.ok(["COMPLETED", "REJECTED", "FAILED"].includes(state), `${id} ends in ${state}`);
        }
      }),
      propertyRuns(1_000),
    );
  });
});

const answerScheduleMs = [5_000, 15_000, 60_000];
const longestWaitMs = 60_000;
const giveUpAfterMs = 200_000;
const noMail = async (): Promise<void> => undefined;

/** The use cases. `take` gives the registrations that a sweep finds due, and what was sent: "create-user r1". */
async function realAuth() {
  const uow = createInMemoryUnitOfWork();
  let time = Date.UTC(2026, 0, 1);
  const clock = { now: () => new Date(time) };
  const advance = createAdvanceRegistration({ uow, clock, answerScheduleMs, mailRegistrationProof: noMail });
  const settle = createSettleRegistration({ uow, clock, mailLink: noMail });
  const sweep = createSweepRegistrations({ uow, clock, answerScheduleMs, giveUpAfterMs });
  const checked = new Map<number, number>();
  for (const person of registering) {
    const applicant = {
      name: "Ada",
      email: "ada@example.com" as Email,
      passwordHash: hashOf(person),
      locale: "en" as const,
      emailVerified: false,
    };
    const ids = { id: registrationOf(person), userId: userOf(person), idempotencyKey: null };
    const nextSendTime = new Date(time + 5_000);
    const registration = accepted({ ...ids, applicant, requestHash: new Uint8Array() }, clock.now(), nextSendTime);
    await uow.run(({ registrations }) => registrations.add(registration, new Date(0)));
  }

  async function run(step: Step): Promise<void> {
    switch (step.do) {
      case "advance":
        return advance(registrationOf(step.person), step.messageId);
      case "user created":
        return settle.userCreated(registrationOf(step.person), step.user, step.messageId);
      case "user changed":
        return settle.userChanged(step.user, step.messageId);
      case "user creation rejected":
        return settle.userCreationRejected(registrationOf(step.person), step.reason, step.messageId);
      case "sweep":
        return void (await sweep(100));
      case "check the password": {
        const account = await uow.accounts.find(userOf(step.person));
        if (account !== null && mayLogIn(account)) checked.set(step.person, account.credentialVersion);
        return;
      }
      case "open a session": {
        const credentialVersion = checked.get(step.person);
        if (credentialVersion === undefined) return;
        const session = newSession(`s${uow.sessions.size}`, userOf(step.person), clock.now());
        await uow.run(({ sessions }) => sessions.open(session, credentialVersion));
      }
    }
  }

  const asksAgain = (at: Date | null) => (at === null ? "never" : at > clock.now() ? "later" : "now");
  const registrations = () => Promise.all(registering.map((person) => uow.registrations.find(registrationOf(person))));

  return {
    async take(step: Step): Promise<{ due: Due[]; sent: string[] }> {
      const before = uow.sent.length;
      const due: Due[] = [];
      if (step.do === "sweep") {
        time += step.afterMs;
        for (const registration of await registrations()) {
          if (registration?.nextSendTime == null || registration.nextSendTime > clock.now()) continue;
          due.push({ id: registration.id, givesUp: time - registration.createTime.getTime() > giveUpAfterMs });
        }
      }
      await run(step);
      return { due, sent: uow.sent.slice(before).map(sentAs).toSorted() };
    },
    async view(): Promise<View> {
      const accounts = await Promise.all([0, 1, 2].map((person) => uow.accounts.find(userOf(person))));
      return {
        registrations: (await registrations()).map((registration) => {
          assert.ok(registration);
          const { id, state, reason, applicant, nextSendTime } = registration;
          return {
            id,
            state,
            reason,
            passwordHash: applicant?.passwordHash ?? null,
            asksAgain: asksAgain(nextSendTime),
          };
        }),
        accounts: accounts
          .filter((account) => account !== null)
          .map(({ userId, email, status, userVersion: version, passwordHash }) => ({
            ...{ userId, email, status, version },
            passwordHash,
          })),
        sessions: [...uow.sessions.values()].map(({ id, userId, revokeReason }) => ({ id, userId, revokeReason })),
      };
    },
  };
}

const sentAs = (message: AuthMessage): string => {
  if ("creationId" in message) return `${message.type} ${message.creationId}`;
  return `${message.type} ${"registrationId" in message ? message.registrationId : ""}`;
};

function newSession(id: string, userId: string, now: Date): Session {
  const times = { rotateTime: now, createTime: now, lastUsedTime: now, expireTime: new Date(now.getTime() + 1) };
  return { id, userId, salt: new Uint8Array(16), counter: 1, userAgent: "", ipAddress: "", ...times };
}
