import { type Applicant, proofMailed, type Registration } from "../domain/registration.ts";
import type { MailLink } from "./mail-link.ts";
import type { Clock, Transaction } from "./ports.ts";

/** Mails what a registration that awaits its proof is worth, in the caller's unit of work, which holds its row lock. */
export type MailRegistrationProof = (
  tx: Pick<Transaction, "accounts" | "registrations" | "proofs" | "mails">,
  registration: Registration,
  applicant: Applicant,
) => Promise<void>;

/**
 * To an address that nobody has, a link that proves it. The owner of an address hears that somebody wanted to register with
 * it. Whoever asked cannot tell which of the two happened.
 */
export function createMailRegistrationProof(deps: {
  clock: Clock;
  mailLink: MailLink;
  proofLifetimesMs: { readonly REGISTRATION: number };
}): MailRegistrationProof {
  return async (tx, registration, { email: to, locale }) => {
    const now = deps.clock.now();
    const owner = await tx.accounts.findByEmail(to);
    if (owner === null) {
      const { id: proofId, userId } = registration;
      await tx.mails.send({ template: "REGISTRATION", to, locale, userId, proofId });
    } else if (owner.status === "ACTIVE" && owner.passwordHash === null) {
      await deps.mailLink(tx, owner, "INVITATION");
    } else if (owner.status === "ACTIVE") {
      const { userId } = owner;
      await tx.mails.send({ template: "ALREADY_REGISTERED", to, locale: owner.locale, userId, proofId: null });
    }
    const expireTime = new Date(now.getTime() + deps.proofLifetimesMs.REGISTRATION);
    await tx.registrations.save(proofMailed(registration, now, expireTime));
  };
}
