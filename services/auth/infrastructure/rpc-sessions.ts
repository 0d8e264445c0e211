import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { JsonWebKeySchema } from "../../../proto/gen/limen/auth/v1/auth_pb.ts";
import type { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { DomainError } from "../../platform/errors.ts";
import { callerOf, requireUser } from "../../platform/rpc/caller.ts";
import type { PlainRoutes } from "../../platform/rpc/http-listener.ts";
import type { SessionReader } from "../application/credential-ports.ts";
import type { Login } from "../application/login.ts";
import type { Clock } from "../application/ports.ts";
import type { RefreshSession } from "../application/refresh-session.ts";
import type { Logout, RevokeSession } from "../application/revoke-session.ts";
import type { ValidateToken } from "../application/validate-token.ts";
import type { SigningKey } from "../domain/signing-key.ts";
import type { KeyRing } from "./key-ring.ts";
import type { RevocationFeed } from "./revocation-feed.ts";

type Handlers = Pick<
  ServiceImpl<typeof AuthService>,
  | "login"
  | "refreshToken"
  | "logout"
  | "validateToken"
  | "listSessions"
  | "revokeSession"
  | "getJwks"
  | "watchRevocations"
>;

interface SessionHandlerDeps {
  readonly login: Login;
  readonly refresh: RefreshSession;
  readonly logout: Logout;
  readonly validateToken: ValidateToken;
  readonly revokeSession: RevokeSession;
  readonly sessions: SessionReader;
  readonly keyRing: Pick<KeyRing, "published">;
  readonly revocations: Pick<RevocationFeed, "watch">;
  readonly clock: Clock;
}

export function createSessionHandlers(deps: SessionHandlerDeps): Handlers {
  return {
    login(request, context) {
      const { clientIp, userAgent } = callerOf(context);
      return deps.login({
        email: request.email,
        password: request.password,
        device: { ipAddress: clientIp, userAgent },
      });
    },

    async refreshToken(request, context) {
      return { tokens: await deps.refresh(request.refreshToken, callerOf(context).clientIp) };
    },

    async logout(_, context) {
      const { userId, sessionId } = requireUser(context);
      await deps.logout({ userId, sessionId, ipAddress: callerOf(context).clientIp });
      return {};
    },

    async validateToken(request) {
      const token = await deps.validateToken(request.accessToken);
      if (token === null) return { active: false };
      return {
        active: true,
        userId: token.userId,
        sessionId: token.sessionId,
        roles: [...token.roles],
        expireTime: timestampFromDate(token.expireTime),
      };
    },

    async listSessions(_, context) {
      const caller = requireUser(context);
      const sessions = await deps.sessions.list(caller.userId, deps.clock.now());
      return {
        sessions: sessions.map(({ id, createTime, lastUsedTime, userAgent, ipAddress }) => ({
          id,
          createTime: timestampFromDate(createTime),
          lastUsedTime: timestampFromDate(lastUsedTime),
          userAgent,
          ipAddress,
          current: id === caller.sessionId,
        })),
      };
    },

    async revokeSession(request, context) {
      const { userId } = requireUser(context);
      await deps.revokeSession({ userId, sessionId: request.id, ipAddress: callerOf(context).clientIp });
      return {};
    },

    async getJwks() {
      return { keys: publicKeys(deps.keyRing) };
    },

    async *watchRevocations(_, context) {
      for await (const { revocations, more } of deps.revocations.watch(context.signal)) {
        yield {
          more,
          revocations: revocations.map(({ sessionId, expireTime }) => ({
            sessionId,
            expireTime: timestampFromDate(expireTime),
          })),
        };
      }
    },
  };
}

const jwksMaxAgeSeconds = 60;

/** The same keys as GetJwks, where verifiers look for them (RFC 8414, section 3.2 names the media type). */
export function createJwksRoute(keyRing: Pick<KeyRing, "published">): PlainRoutes {
  return {
    "/.well-known/jwks.json": async () => {
      const keys = keyRing.published().map(toJwk);
      if (keys.length === 0) return { status: 503, headers: { "retry-after": "1" }, body: "" };
      const headers = { "content-type": "application/json", "cache-control": `public, max-age=${jwksMaxAgeSeconds}` };
      return { status: 200, headers, body: JSON.stringify({ keys }) };
    },
  };
}

function publicKeys(keyRing: Pick<KeyRing, "published">) {
  const keys = keyRing.published().map(toJwk);
  if (keys.length === 0)
    throw new DomainError("unavailable", "KEYS_UNAVAILABLE", "signing keys have not been read yet");
  return keys;
}

const toJwk = ({ kid, publicKey }: SigningKey) =>
  ({ kty: "OKP", crv: "Ed25519", x: publicKey, kid, alg: "EdDSA", use: "sig" }) satisfies MessageInitShape<
    typeof JsonWebKeySchema
  >;
