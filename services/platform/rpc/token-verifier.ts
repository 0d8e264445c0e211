import { hash } from "node:crypto";
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { DomainError } from "../errors.ts";
import type { RevocationView } from "./revocation-set.ts";

/** What an access token proves. */
export interface VerifiedToken {
  readonly userId: string;
  readonly sessionId: string;
  readonly roles: readonly string[];
  readonly emailVerified: boolean;
  readonly expireTime: Date;
}

export interface TokenVerifier {
  /**
   * Throws UNAUTHENTICATED (INVALID_TOKEN), whatever is wrong with the token; UNAVAILABLE (REVOCATIONS_STALE,
   * KEYS_UNAVAILABLE) while that cannot be known.
   */
  verify(token: string): Promise<VerifiedToken>;
}

interface Cached {
  readonly token: VerifiedToken;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

const maxTokenLength = 4096;
const clockToleranceSeconds = 5;
const maxCached = 10_000;
/** A key that is withdrawn in an emergency counts for this and the time until it is noticed: together under a minute. */
const maxCacheMs = 20_000;
/** They choose a key, or change what is signed: RFC 8725, sections 3.10 and 2.10; RFC 7797. */
const refusedHeaders = ["crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc"];

/**
 * Verifies access tokens (RFC 9068) as RFC 8725 advises: one algorithm, one type, known issuer and audience, every
 * claim required. A good signature is remembered for a moment; whether the session is revoked is asked on every call.
 */
export function createTokenVerifier(deps: {
  readonly issuer: string;
  readonly audience: string;
  /** Resolves the key of a token's header; throws JWKSNoMatchingKey for an unknown one. */
  readonly keys: JWTVerifyGetKey;
  readonly revocations: RevocationView;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}): TokenVerifier {
  const { issuer, audience, revocations, now = Date.now } = deps;
  const cache = new Map<string, Cached>();

  const key: JWTVerifyGetKey = async (header, token) => {
    try {
      return await deps.keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) throw error;
      throw new DomainError("unavailable", "KEYS_UNAVAILABLE", "signing keys cannot be fetched", { cause: error });
    }
  };

  async function verifySignature(token: string): Promise<VerifiedToken> {
    try {
      refuseHeaders(token);
      const { payload } = await jwtVerify(token, key, {
        issuer,
        audience,
        typ: "at+jwt",
        algorithms: ["EdDSA"],
        requiredClaims: ["iss", "aud", "sub", "sid", "jti", "iat", "exp", "roles"],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(now()),
      });
      return readClaims(payload);
    } catch (error) {
      throw error instanceof DomainError ? error : invalidToken(error);
    }
  }

  function remember(id: string, token: VerifiedToken): void {
    // Maps keep insertion order: the first one is the oldest.
    const [oldest] = cache.size >= maxCached ? cache.keys() : [];
    if (oldest !== undefined) cache.delete(oldest);
    const expires = token.expireTime.getTime() + clockToleranceSeconds * 1000;
    cache.set(id, { token, until: Math.min(expires, now() + maxCacheMs) });
  }

  return {
    async verify(text) {
      if (text.length > maxTokenLength) throw invalidToken();
      const id = hash("sha256", text, "base64");
      const cached = cache.get(id);
      const fresh = cached !== undefined && now() < cached.until;
      const token = fresh ? cached.token : await verifySignature(text);
      if (!fresh) {
        cache.delete(id);
        remember(id, token);
      }
      if (revocations.isRevoked(token.sessionId)) throw invalidToken();
      return token;
    },
  };
}

function refuseHeaders(token: string): void {
  const header = decodeProtectedHeader(token);
  const refused = refusedHeaders.find((name) => Object.hasOwn(header, name));
  if (refused !== undefined) throw new Error(`header "${refused}" is not allowed`);
  if (typeof header.kid !== "string") throw new Error("the header names no key");
}

function readClaims(claims: JWTPayload): VerifiedToken {
  const { sub, sid, roles, exp } = claims;
  if (!isText(sub) || !isText(sid) || exp === undefined) throw new Error("sub and sid must be text");
  if (!Array.isArray(roles) || !roles.every(isText)) throw new Error("roles must be a list of text");
  return {
    userId: sub,
    sessionId: sid,
    roles,
    emailVerified: claims.email_verified === true,
    expireTime: new Date(exp * 1000),
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function invalidToken(cause?: unknown): DomainError {
  return new DomainError("unauthenticated", "INVALID_TOKEN", "the access token is not valid", { cause });
}
