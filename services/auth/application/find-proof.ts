import { invalidProof } from "../domain/errors.ts";
import type { Proof, ProofKind } from "../domain/proof.ts";
import type { Guard, ProofTokens } from "./credential-ports.ts";
import type { Clock, ProofReader } from "./ports.ts";

export interface PresentedProof {
  /** Of the mailed link. */
  readonly token: string;
  /** What it may have been made for. */
  readonly kinds: readonly ProofKind[];
  readonly ipAddress: string;
}

/** The proof behind a mailed link, not used up yet. @throws DomainError INVALID_PROOF, THROTTLED. */
export type FindProof = (presented: PresentedProof) => Promise<Proof>;

export function createFindProof(deps: {
  proofs: ProofReader;
  proofTokens: ProofTokens;
  guard: Guard;
  clock: Clock;
}): FindProof {
  return async ({ token, kinds, ipAddress }) => {
    const proof = await deps.guard.proof(ipAddress, async () => {
      const id = deps.proofTokens.verify(token, kinds);
      return id === null ? null : deps.proofs.find(id, deps.clock.now());
    });
    if (proof === null) throw invalidProof();
    return proof;
  };
}
