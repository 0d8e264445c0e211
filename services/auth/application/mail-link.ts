import type { Account } from "../domain/account.ts";
import type { ProofKind, ProofLifetimes } from "../domain/proof.ts";
import type { Clock, Ids, Transaction } from "./ports.ts";

/**
 * Mails a link of this kind to the account's address, in the caller's unit of work, which holds the account's row lock.
 * Whatever link was mailed before counts no more.
 */
export type MailLink = (tx: Pick<Transaction, "proofs" | "mails">, account: Account, kind: ProofKind) => Promise<void>;

export function createMailLink(deps: { clock: Clock; ids: Ids; proofLifetimesMs: ProofLifetimes }): MailLink {
  return async ({ proofs, mails }, { userId, email, locale }, kind) => {
    const issueTime = deps.clock.now();
    const expireTime = new Date(issueTime.getTime() + deps.proofLifetimesMs[kind]);
    const proofId = deps.ids.next();
    await proofs.issue({ id: proofId, kind, userId, email, issueTime, expireTime });
    await mails.send({ template: kind, to: email, locale, userId, proofId });
  };
}
