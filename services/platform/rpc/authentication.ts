import { isIP } from "node:net";
import type { ContextValues, Interceptor } from "@connectrpc/connect";
import { DomainError } from "../errors.ts";
import type { AccessPolicy } from "./access-policy.ts";
import { type AuthenticatedUser, type Caller, callerKey, peerAddressKey } from "./caller.ts";
import { requestIdKey } from "./request-id.ts";
import { certificateNamesKey, type ServiceIdentity, serviceCredentialHeader } from "./service-identity.ts";
import type { TokenVerifier } from "./token-verifier.ts";
import { traceparentKey } from "./trace-context.ts";

type Call = Parameters<ReturnType<Interceptor>>[0];

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
    values.set(callerKey, new CallerOfCall(req, user, service));
    return next(req);
  };
}

/** Whoever asks for no address and no program's name, as most methods do not, has none read. */
class CallerOfCall implements Caller {
  readonly user: AuthenticatedUser | undefined;
  readonly service: string | undefined;
  readonly #header: Headers;
  readonly #values: ContextValues;

  constructor(call: Call, user: AuthenticatedUser | undefined, service: string | undefined) {
    this.user = user;
    this.service = service;
    this.#header = call.header;
    this.#values = call.contextValues;
  }

  get clientIp() {
    return (this.#isGateway && ipAddress(this.#header.get(clientIpHeader))) || this.#values.get(peerAddressKey)();
  }

  get userAgent() {
    return this.#header.get(this.#isGateway ? userAgentHeader : "user-agent")?.slice(0, 512) ?? "";
  }

  get acceptLanguage() {
    return this.#header.get(this.#isGateway ? acceptLanguageHeader : "accept-language")?.slice(0, 128) ?? "";
  }

  get requestId() {
    return this.#values.get(requestIdKey);
  }

  get traceparent() {
    return this.#values.get(traceparentKey);
  }

  get #isGateway() {
    return this.service === gateway;
  }
}

/** RFC 6750, section 2.1. The scheme's name is case-insensitive (RFC 9110, section 11.1). */
function bearerToken(authorization: string | null): string | undefined {
  return authorization?.match(/^bearer +(\S+) *$/i)?.[1];
}

function ipAddress(text: string | null): string | undefined {
  return text !== null && isIP(text) !== 0 ? text : undefined;
}
