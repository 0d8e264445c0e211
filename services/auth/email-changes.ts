import { createBatchedWaiter } from "../platform/batched-waiter.ts";
import type { Database } from "../platform/database/database.ts";
import { createChangeEmail } from "./application/change-email.ts";
import { createCheckPassword } from "./application/check-password.ts";
import { createConfirmEmailChange } from "./application/confirm-email-change.ts";
import type { Guard, PasswordHasher } from "./application/credential-ports.ts";
import type { FindProof } from "./application/find-proof.ts";
import type { AccountReader, Clock, EmailChangeProgress, Ids, UnitOfWork } from "./application/ports.ts";
import type { AuthApiConfig } from "./config.ts";
import { createEmailChangeLoader } from "./infrastructure/postgres-email-changes.ts";
import { createEmailChangeHandlers } from "./infrastructure/rpc-email-changes.ts";

interface EmailChangesDeps {
  readonly db: Pick<Database, "pool">;
  readonly uow: UnitOfWork;
  readonly accounts: AccountReader;
  readonly hasher: PasswordHasher;
  readonly guard: Guard;
  readonly findProof: FindProof;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly config: Pick<AuthApiConfig, "proofLifetimesMs" | "saga">;
}

/** How somebody comes to another address: what they ask for, and what the mailed link does. */
export function createEmailChanges(deps: EmailChangesDeps) {
  const { proofLifetimesMs, saga } = deps.config;
  const waiter = createBatchedWaiter<EmailChangeProgress>({ load: createEmailChangeLoader(deps.db.pool) });
  return {
    handlers: createEmailChangeHandlers({
      changeEmail: createChangeEmail({ ...deps, checkPassword: createCheckPassword(deps), proofLifetimesMs }),
      confirmEmailChange: createConfirmEmailChange({ ...deps, ...saga, waiter }),
      waiter,
    }),
  };
}
