import type { Database } from "../platform/database/database.ts";
import { createChangePassword } from "./application/change-password.ts";
import { createCheckPassword } from "./application/check-password.ts";
import type { Guard, PasswordHasher, PasswordPolicy } from "./application/credential-ports.ts";
import { createFindProof } from "./application/find-proof.ts";
import { createForgotPassword } from "./application/forgot-password.ts";
import { createMailLink } from "./application/mail-link.ts";
import { createHashNewPassword } from "./application/new-password.ts";
import type { AccountReader, Clock, Ids, UnitOfWork } from "./application/ports.ts";
import { createProveRegistration } from "./application/prove-registration.ts";
import { createResetPassword } from "./application/reset-password.ts";
import { createSendEmailVerification } from "./application/send-email-verification.ts";
import { createVerifyEmail } from "./application/verify-email.ts";
import type { AuthApiConfig } from "./config.ts";
import { createHmacProofTokens } from "./infrastructure/hmac-proof-tokens.ts";
import { createProofReader } from "./infrastructure/postgres-proofs.ts";
import { createPasswordHandlers } from "./infrastructure/rpc-passwords.ts";

interface PasswordsDeps {
  readonly db: Pick<Database, "pool">;
  readonly uow: UnitOfWork;
  readonly accounts: AccountReader;
  readonly policy: PasswordPolicy;
  readonly hasher: PasswordHasher;
  readonly guard: Guard;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly config: Pick<AuthApiConfig, "keyEncryptionKey" | "previousKeyEncryptionKeys" | "proofLifetimesMs" | "saga">;
}

/** What people do to their password and address, by themselves or by a mailed link. */
export function createPasswords(deps: PasswordsDeps) {
  const { proofLifetimesMs, keyEncryptionKey, previousKeyEncryptionKeys } = deps.config;
  const proofTokens = createHmacProofTokens({ masterKeys: [keyEncryptionKey, ...previousKeyEncryptionKeys] });
  const hashNewPassword = createHashNewPassword(deps);
  const findProof = createFindProof({ ...deps, proofTokens, proofs: createProofReader(deps.db.pool) });
  const mailLink = createMailLink({ ...deps, proofLifetimesMs });
  const proveRegistration = createProveRegistration({ ...deps, ...deps.config.saga });
  return {
    findProof,
    handlers: createPasswordHandlers({
      changePassword: createChangePassword({ ...deps, checkPassword: createCheckPassword(deps), hashNewPassword }),
      forgotPassword: createForgotPassword(deps),
      resetPassword: createResetPassword({ ...deps, findProof, hashNewPassword }),
      sendEmailVerification: createSendEmailVerification({ ...deps, mailLink }),
      verifyEmail: createVerifyEmail({ ...deps, proofTokens, findProof, proveRegistration }),
    }),
  };
}
