import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { callerOf, requireUser } from "../../platform/rpc/caller.ts";
import type { SessionReader } from "../application/credential-ports.ts";
import type { Login } from "../application/login.ts";
import type { Clock } from "../application/ports.ts";
import type { RefreshSession } from "../application/refresh-session.ts";
import type { Logout, RevokeSession } from "../application/revoke-session.ts";
import type { ValidateToken } from "../application/validate-token.ts";
import type { RevocationFeed } from "./revocation-feed.ts";

type Handlers = Pick<
  ServiceImpl<typeof AuthService>,
  "login" | "refreshToken" | "logout" | "validateToken" | "listSessions" | "revokeSession" | "watchRevocations"
>;

interface SessionHandlerDeps {
  readonly login: Login;
  readonly refresh: RefreshSession;
  readonly logout: Logout;
  readonly validateToken: ValidateToken;
  readonly revokeSession: RevokeSession;
  readonly sessions: SessionReader;
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
