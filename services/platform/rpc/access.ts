import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { Interceptor } from "@connectrpc/connect";
import { DomainError } from "../errors.ts";
import type { AccessPolicy } from "./access-policy.ts";
import { type AuthenticatedUser, callerKey, tokenRequired } from "./caller.ts";
import { withEachMessage } from "./each-message.ts";

const adminRole = "admin";
/** Stands for the caller's own id in the owner field. */
const me = "me";

/**
 * Lets a call pass if the contract allows it to its caller.
 *
 * Errors: UNAUTHENTICATED (TOKEN_REQUIRED, SERVICE_CREDENTIAL_REQUIRED), PERMISSION_DENIED (ADMIN_REQUIRED, NOT_OWNER).
 */
export function createAccess(policy: AccessPolicy): Interceptor {
  return (next) => async (req) => {
    const rule = policy(req.method);
    if (rule.level === "PUBLIC") return next(req);
    const { user, service } = req.contextValues.get(callerKey);
    if (rule.level === "SERVICE") {
      if (service === undefined) throw serviceCredentialRequired();
      return next(req);
    }
    if (user === undefined) throw tokenRequired();
    if (rule.level === "ADMIN" && !isAdmin(user)) {
      throw new DomainError("permission-denied", "ADMIN_REQUIRED", "only an administrator may do this");
    }
    if (rule.level !== "OWNER") return next(req);
    return next(withEachMessage(req, (message, desc) => checkOwner(message, desc, rule.owner, user)));
  };
}

/** Puts the caller's id where the owner field says "me", before anything else reads it. */
function checkOwner(message: Message, desc: DescMessage, owner: readonly DescField[], user: AuthenticatedUser): void {
  let inside: ReflectMessage | undefined = reflect(desc, message, false);
  for (const field of owner) {
    if (field.fieldKind === "message") {
      inside = inside?.isSet(field) ? inside.get(field) : undefined;
    } else if (inside?.get(field) === me) {
      inside.set(field, user.userId);
    } else if (inside?.get(field) !== user.userId && !isAdmin(user)) {
      throw new DomainError("permission-denied", "NOT_OWNER", "this belongs to somebody else");
    }
  }
}

function isAdmin(user: AuthenticatedUser): boolean {
  return user.roles.includes(adminRole);
}

function serviceCredentialRequired(): DomainError {
  return new DomainError("unauthenticated", "SERVICE_CREDENTIAL_REQUIRED", "only services may call this");
}
