import { withVerifiedEmail } from "../domain/account.ts";
import { invalidProof } from "../domain/errors.ts";
import type { ProofTokens } from "./credential-ports.ts";
import type { FindProof } from "./find-proof.ts";
import type { Clock, UnitOfWork } from "./ports.ts";
import type { ProveRegistration } from "./prove-registration.ts";

export interface VerifyEmailCommand {
  /** Of the mailed link. */
  readonly token: string;
  readonly ipAddress: string;
}

/** @throws DomainError INVALID_PROOF, THROTTLED. */
export type VerifyEmail = (command: VerifyEmailCommand) => Promise<void>;

interface VerifyEmailDeps {
  readonly uow: UnitOfWork;
  readonly proofTokens: ProofTokens;
  readonly findProof: FindProof;
  readonly proveRegistration: ProveRegistration;
  readonly clock: Clock;
}

/**
 * The next access token of each session says that the address is verified. The token may be that of a registration which
 * waits for it, too; then the registration goes on.
 */
export function createVerifyEmail(deps: VerifyEmailDeps): VerifyEmail {
  return async ({ token, ipAddress }) => {
    const registrationId = deps.proofTokens.verify(token, ["REGISTRATION"]);
    if (registrationId !== null) return deps.proveRegistration(registrationId);
    const { id, userId, email } = await deps.findProof({ token, kinds: ["VERIFY_EMAIL"], ipAddress });
    await deps.uow.run(async ({ accounts, proofs, audit }) => {
      const account = await accounts.find(userId);
      const now = deps.clock.now();
      if (account?.status !== "ACTIVE" || account.email !== email || !(await proofs.use(id, now))) throw invalidProof();
      await accounts.save(withVerifiedEmail(account, now));
      await audit({ event: "email_verified", userId, ipAddress });
    });
  };
}
