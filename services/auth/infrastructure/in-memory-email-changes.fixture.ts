import assert from "node:assert/strict";
import { createChangeEmail } from "../application/change-email.ts";
import { createConfirmEmailChange } from "../application/confirm-email-change.ts";
import type { EmailChangeProgress, Waiter } from "../application/ports.ts";
import { createSettleEmailChange } from "../application/settle-email-change.ts";
import { createSweepEmailChanges } from "../application/sweep-email-changes.ts";
import type { Account, UserStatus } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import { createTestPasswords, ipAddress, oldPassword } from "./in-memory-passwords.fixture.ts";

export const newEmail = "countess@example.com" as Email;
export const answerScheduleMs = [5_000, 15_000];
export const giveUpAfterMs = 86_400_000;

/** Every use case of changing an address, on fakes in memory; users-service is whoever calls `answer` or `refuse`. */
export async function createTestEmailChanges() {
  const test = await createTestPasswords();
  const { uow, clock } = test;
  /** What happens while somebody waits for the end of a change. */
  const meanwhile = { happens: async (_changeId: string): Promise<void> => {} };
  const waiter: Waiter<EmailChangeProgress> = {
    async wait(id) {
      await meanwhile.happens(id);
      return uow.emailChanges.get(id) ?? null;
    },
  };
  const changeEmail = createChangeEmail(test);
  const confirmEmailChange = createConfirmEmailChange({ ...test, waiter, answerScheduleMs });
  const settle = createSettleEmailChange({ uow, clock });
  let messages = 0;

  const request = (command: { newEmail?: string; currentPassword?: string; sessionId?: string } = {}) =>
    changeEmail({ userId: "ada", sessionId: "s", newEmail, currentPassword: oldPassword, ipAddress, ...command });
  const linkTo = (to: string) => {
    const mail = uow.mails.findLast((candidate) => candidate.to === to && candidate.template === "CHANGE_EMAIL");
    return test.tokenOf(mail ?? assert.fail(`no link to ${to}`));
  };
  const confirm = (token: string, waitMs = 0) => confirmEmailChange({ token, ipAddress, waitMs });

  return {
    ...test,
    meanwhile,
    request,
    linkTo,
    confirm,
    /** Ada has asked for the address and followed the link. */
    async moved(to: string = newEmail, sessionId = "s") {
      await request({ newEmail: to, sessionId });
      return (await confirm(linkTo(to))).id;
    },
    answer: (changeId: string, email: Email = newEmail, version = 2, status: UserStatus = "ACTIVE") =>
      settle.userEmailChanged(changeId, { userId: "ada", email, status, version }, `answer ${++messages}`),
    refuse: (changeId: string, reason = "EMAIL_TAKEN") =>
      settle.userEmailChangeRejected(changeId, "ada", reason, `answer ${++messages}`),
    settle,
    sweep: createSweepEmailChanges({ uow, clock, answerScheduleMs, giveUpAfterMs }),
    change: (id: string) => uow.emailChanges.get(id) ?? assert.fail(`no change ${id}`),
    /** Ada's account is this one from now on. */
    become: (changes: Partial<Account>) => test.save({ ...test.ada, ...changes }),
    mailed: () => uow.mails.map(({ template, to }) => `${template} ${to}`),
    told: (event: string) => test.audited.filter((entry) => entry.event === event).length,
  };
}
