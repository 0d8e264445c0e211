import { randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import type { AccessTokenSigner } from "../application/credential-ports.ts";
import type { Clock } from "../application/ports.ts";
import type { KeyRing } from "./key-ring.ts";

/** Access tokens as RFC 9068 has them: a JWT of type `at+jwt`, signed with EdDSA. */
export function createJoseTokenSigner(deps: {
  readonly keyRing: Pick<KeyRing, "signer">;
  readonly issuer: string;
  readonly audience: string;
  readonly lifetimeMs: number;
  readonly clock: Clock;
}): AccessTokenSigner {
  const lifetimeSeconds = Math.floor(deps.lifetimeMs / 1_000);
  return {
    lifetimeSeconds,
    async sign({ userId, sessionId, roles, emailVerified }) {
      const { kid, privateKey } = deps.keyRing.signer();
      const issuedAt = Math.floor(deps.clock.now().getTime() / 1_000);
      return new SignJWT({ sid: sessionId, roles: [...roles], email_verified: emailVerified })
        .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid })
        .setIssuer(deps.issuer)
        .setAudience(deps.audience)
        .setSubject(userId)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .sign(privateKey);
    },
  };
}
