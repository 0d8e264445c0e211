import assert from "node:assert/strict";
import { createChangePassword } from "../application/change-password.ts";
import { createCheckPassword } from "../application/check-password.ts";
import { createFindProof } from "../application/find-proof.ts";
import { createForgotPassword } from "../application/forgot-password.ts";
import { createMailLink } from "../application/mail-link.ts";
import { createHashNewPassword } from "../application/new-password.ts";
import { createPasswordPolicy } from "../application/password-policy.ts";
import { createProveRegistration } from "../application/prove-registration.ts";
import { createResetPassword } from "../application/reset-password.ts";
import { createSendEmailVerification } from "../application/send-email-verification.ts";
import { createSendPasswordReset } from "../application/send-password-reset.ts";
import { createVerifyEmail } from "../application/verify-email.ts";
import type { Mail } from "../domain/mail.ts";
import { createPasswordRules } from "../domain/password-policy.ts";
import { createHmacProofTokens } from "./hmac-proof-tokens.ts";
import { createTestAccess, device, secondMs } from "./in-memory-access.fixture.ts";
import { createInMemoryBreachedPasswords } from "./in-memory-breached-passwords.fixture.ts";

export const minuteMs = 60 * secondMs;
export const oldPassword = "correct horse battery";
export const newPassword = "a staple that fits nowhere";
export const breachedPassword = "a password that leaked long ago";
export const { ipAddress } = device;

/** Every use case of passwords and links, on fakes in memory and a clock that stands until it is moved. */
export async function createTestPasswords() {
  const access = await createTestAccess();
  const { uow, clock, ids, guard, hasher, ada } = access;
  const { accounts } = uow;
  const proofLifetimesMs = {
    RESET: 30 * minuteMs,
    VERIFY_EMAIL: 30 * minuteMs,
    INVITATION: 10_080 * minuteMs,
    CHANGE_EMAIL: 30 * minuteMs,
    REGISTRATION: 30 * minuteMs,
  };
  const checkPassword = createCheckPassword({ guard, hasher });
  const mailLink = createMailLink({ clock, ids, proofLifetimesMs });
  const proofTokens = createHmacProofTokens({ masterKeys: [new Uint8Array(32)] });
  const findProof = createFindProof({ proofs: uow.proofs, proofTokens, guard, clock });
  const rules = createPasswordRules({ minimumLength: 15, isCommon: (password) => /^password/.test(password) });
  const policy = createPasswordPolicy({ rules, isBreached: createInMemoryBreachedPasswords([breachedPassword]) });
  const hashNewPassword = createHashNewPassword({ policy, hasher });
  const forgotPassword = createForgotPassword({ uow, guard });
  const sendPasswordReset = createSendPasswordReset({ uow, accounts, mailLink });
  const proveRegistration = createProveRegistration({ uow, clock, answerScheduleMs: [5_000] });
  const kinds = ["RESET", "VERIFY_EMAIL", "INVITATION", "CHANGE_EMAIL", "REGISTRATION"] as const;
  let handled = 0;

  function tokenOf(mail: Mail | undefined): string {
    const kind = kinds.find((candidate) => candidate === mail?.template);
    assert.ok(mail?.proofId && kind, "the mail has no link");
    return proofTokens.mint({ id: mail.proofId, kind });
  }

  return {
    ...access,
    accounts,
    checkPassword,
    findProof,
    proofLifetimesMs,
    changePassword: createChangePassword({ uow, accounts, checkPassword, hashNewPassword, clock }),
    forgotPassword,
    sendPasswordReset,
    resetPassword: createResetPassword({ uow, findProof, guard, hashNewPassword, clock }),
    sendEmailVerification: createSendEmailVerification({ uow, accounts, guard, mailLink }),
    verifyEmail: createVerifyEmail({ uow, proofTokens, findProof, proveRegistration, clock }),
    /** What the worker does with the requests that were kept. */
    async work() {
      for (const message of uow.sent.slice(handled)) {
        handled++;
        if (message.type === "send-password-reset") await sendPasswordReset(message.email, `m${handled}`);
      }
    },
    /** Token of the link in the newest mail. */
    mailedToken: async () => tokenOf(uow.mails.at(-1)),
    tokenOf,
    account: async () => {
      const account = await accounts.find(ada.userId);
      assert.ok(account);
      return account;
    },
    async logIn(password = oldPassword) {
      return access.login({ email: ada.email, password, device });
    },
  };
}
