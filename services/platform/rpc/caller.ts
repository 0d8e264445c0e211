import { type ContextValues, createContextKey, type HandlerContext } from "@connectrpc/connect";
import { DomainError } from "../errors.ts";

/** The person whose access token came with the call. */
export interface AuthenticatedUser {
  readonly userId: string;
  readonly sessionId: string;
  readonly roles: readonly string[];
}

/** Who calls: known from verified credentials and from the connection, never from the request message. */
export interface Caller {
  /** Undefined where no valid access token was sent, which only PUBLIC and SERVICE methods allow. */
  readonly user: AuthenticatedUser | undefined;
  /** Name of the calling service, where it proved to be one. */
  readonly service: string | undefined;
  /** The person's address as the gateway saw it; without the gateway, the address of the connection. */
  readonly clientIp: string;
  readonly userAgent: string;
  /** The header of that name (RFC 9110, section 12.5.4), as the person's program sent it. */
  readonly acceptLanguage: string;
  readonly requestId: string;
  /** W3C trace context (https://www.w3.org/TR/trace-context/#traceparent-header). */
  readonly traceparent: string;
}

const nobody: Caller = {
  user: undefined,
  service: undefined,
  clientIp: "",
  userAgent: "",
  acceptLanguage: "",
  requestId: "",
  traceparent: "",
};

export const callerKey = createContextKey<Caller>(nobody, { description: "caller" });

/** Tells the address of the other end of the connection; the listeners set it. */
export const peerAddressKey = createContextKey(() => "", { description: "peer address" });

export function callerOf(context: Pick<HandlerContext, "values">): Caller {
  return context.values.get(callerKey);
}

/** The person who calls. Throws UNAUTHENTICATED (TOKEN_REQUIRED) where nobody is known. */
export function requireUser(context: { readonly values: ContextValues }): AuthenticatedUser {
  const { user } = context.values.get(callerKey);
  if (user === undefined) throw tokenRequired();
  return user;
}

export function tokenRequired(): DomainError {
  return new DomainError("unauthenticated", "TOKEN_REQUIRED", "an access token is required");
}
