import { isIP } from "node:net";
import type { Interceptor } from "@connectrpc/connect";
import { DomainError } from "../errors.ts";
import type { AccessPolicy } from "./access-policy.ts";
import { type AuthenticatedUser, callerKey, peerAddressKey } from "./caller.ts";
import { requestIdKey } from "./request-id.ts";
import { certificateNamesKey, type ServiceIdentity, serviceCredentialHeader } from "./service-identity.ts";
import type { TokenVerifier } from "./token-verifier.ts";
import { traceparentKey } from "./trace-context.ts";

/** The one service that speaks for people and may therefore say where they are. */
const gateway = "gateway";
const clientIpHeader = "limen-client-ip";
const userAgentHeader = "limen-user-agent";
const acceptLanguageHeader = "limen-accept-language";

export interface Authenticator {
  readonly tokens: TokenVerifier;
  readonly services: ServiceIdentity;
}

/**
 * Finds out who calls; whether they may is decided afterwards. A credential that was presented and is not valid fails
 * the call, except that PUBLIC methods ignore access tokens that they would not need: a client may log in again with an
 * old token in its header.
 *
 * Errors: UNAUTHENTICATED (INVALID_TOKEN, INVALID_SERVICE_CREDENTIAL), PERMISSION_DENIED (PEER_NOT_ALLOWED), and what the
 * verifier throws.
 */
export function createAuthentication(deps: { authenticator: Authenticator; policy: AccessPolicy }): Interceptor {
  const { tokens, services } = deps.authenticator;

  async function findUser(token: string, tokenIsOptional: boolean): Promise<AuthenticatedUser | undefined> {
    try {
      const { userId, sessionId, roles } = await tokens.verify(token);
      return { userId, sessionId, roles };
    } catch (error) {
      if (tokenIsOptional && error instanceof DomainError) return undefined;
      throw error;
    }
  }

  return (next) => async (req) => {
    const { header, contextValues: values } = req;
    const service = services.identify({
      credential: header.get(serviceCredentialHeader),
      certificateNames: values.get(certificateNamesKey)(),
    });
    const token = bearerToken(header.get("authorization"));
    const isPublic = deps.policy(req.method).level === "PUBLIC";
    const user = token === undefined ? undefined : await findUser(token, isPublic);
    const believed = service === gateway;
    values.set(callerKey, {
      user,
      service,
      get clientIp() {
        return (believed && ipAddress(header.get(clientIpHeader))) || values.get(peerAddressKey)();
      },
      userAgent: (believed ? header.get(userAgentHeader) : header.get("user-agent"))?.slice(0, 512) ?? "",
      acceptLanguage:
        (believed ? header.get(acceptLanguageHeader) : header.get("accept-language"))?.slice(0, 128) ?? "",
      requestId: values.get(requestIdKey),
      traceparent: values.get(traceparentKey),
    });
    return next(req);
  };
}

/** RFC 6750, section 2.1. The scheme's name is case-insensitive (RFC 9110, section 11.1). */
function bearerToken(authorization: string | null): string | undefined {
  return authorization?.match(/^bearer +(\S+) *$/i)?.[1];
}

function ipAddress(text: string | null): string | undefined {
  return text !== null && isIP(text) !== 0 ? text : undefined;
}
