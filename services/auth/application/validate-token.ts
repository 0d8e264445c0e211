import { DomainError } from "../../platform/errors.ts";
import type { AccessTokenVerifier, VerifiedAccess } from "./credential-ports.ts";

/** Null for a token that does not count. @throws DomainError of kind "unavailable" while that cannot be known. */
export type ValidateToken = (accessToken: string) => Promise<VerifiedAccess | null>;

export function createValidateToken(deps: { verifier: AccessTokenVerifier }): ValidateToken {
  return async (accessToken) => {
    try {
      return await deps.verifier.verify(accessToken);
    } catch (error) {
      if (error instanceof DomainError && error.kind === "unauthenticated") return null;
      throw error;
    }
  };
}
