import { DomainError } from "../../platform/errors.ts";

// Every reason that auth gives. A reason is never renamed: callers branch on it.

export const invalidEmail = () =>
  new DomainError("invalid-argument", "INVALID_EMAIL", "email is malformed", { field: "email" });
export const invalidName = () =>
  new DomainError("invalid-argument", "INVALID_NAME", "name must have 1 to 200 characters", { field: "name" });

/** One thing that is wrong with a new password. */
export interface PasswordFlaw {
  readonly reason: string;
  readonly message: string;
}
export const passwordTooShort = (minimum: number, length: number): PasswordFlaw => ({
  reason: "PASSWORD_TOO_SHORT",
  message: `password must have at least ${minimum} characters: ${minimum - length} more than it has`,
});
export const passwordTooLong = (): PasswordFlaw => ({
  reason: "PASSWORD_TOO_LONG",
  message: "password must have at most 1024 bytes",
});
export const passwordContainsContext = (source: "the service's name" | "your e-mail address"): PasswordFlaw => ({
  reason: "PASSWORD_CONTAINS_CONTEXT",
  message: `password is made from ${source}`,
});
export const passwordTooCommon = (): PasswordFlaw => ({
  reason: "PASSWORD_TOO_COMMON",
  message: "password is among the first that a guesser tries",
});
export const passwordBreached = (): PasswordFlaw => ({
  reason: "PASSWORD_BREACHED",
  message: "password is known from a data breach",
});
/** Names every flaw; the first one is the reason. */
export const unacceptablePassword = (
  flaws: readonly [PasswordFlaw, ...PasswordFlaw[]],
  field: "password" | "new_password",
) =>
  new DomainError("invalid-argument", flaws[0].reason, flaws.map(({ message }) => message).join("; "), {
    field,
    violations: flaws.map((flaw) => ({ field, ...flaw })),
  });

export const emailTaken = () => new DomainError("already-exists", "EMAIL_TAKEN", "email is already registered");
export const idempotencyMismatch = () =>
  new DomainError("failed-precondition", "IDEMPOTENCY_MISMATCH", "the idempotency key was used for another request");
export const registrationNotFound = () =>
  new DomainError("not-found", "REGISTRATION_NOT_FOUND", "registration does not exist");

export const userIdMismatch = () =>
  new DomainError("failed-precondition", "USER_ID_MISMATCH", "it was asked for with another user id");

export const emailUnchanged = () =>
  new DomainError("invalid-argument", "EMAIL_UNCHANGED", "this is the address of the account already", {
    field: "new_email",
  });
export const emailChangeInProgress = () =>
  new DomainError("aborted", "EMAIL_CHANGE_IN_PROGRESS", "another change of the address has not ended yet");
export const emailChangeNotFound = () =>
  new DomainError("not-found", "EMAIL_CHANGE_NOT_FOUND", "change of an address does not exist");

/** One answer for every reason, so that it tells nobody which addresses have an account. */
export const invalidCredentials = () =>
  new DomainError("unauthenticated", "INVALID_CREDENTIALS", "email or password is wrong");
/** One answer for a link that is unknown, forged, used, replaced or too old. */
export const invalidProof = () =>
  new DomainError("invalid-argument", "INVALID_PROOF", "the link is not valid, or not any more", { field: "token" });
export const mailNotFound = (id: string) =>
  new DomainError("not-found", "MAIL_NOT_FOUND", `no mail ${id} was given up`);
export const invalidRefreshToken = () =>
  new DomainError("unauthenticated", "INVALID_REFRESH_TOKEN", "refresh token is not valid");
export const sessionNotFound = () => new DomainError("not-found", "SESSION_NOT_FOUND", "session does not exist");
export const accountNotFound = () => new DomainError("not-found", "ACCOUNT_NOT_FOUND", "account does not exist");
export const signingKeyNotFound = () =>
  new DomainError("not-found", "SIGNING_KEY_NOT_FOUND", "signing key does not exist");
export const throttled = (retryAfterMs: number) =>
  new DomainError("resource-exhausted", "THROTTLED", "too many attempts; try again later", { retryAfterMs });
export const overloaded = (retryAfterMs: number) =>
  new DomainError("resource-exhausted", "OVERLOADED", "too many passwords are being checked", { retryAfterMs });
