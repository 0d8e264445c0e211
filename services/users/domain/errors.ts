import { DomainError } from "../../platform/errors.ts";

// Every reason that users gives. A reason is never renamed: callers branch on it.

export const invalidEmail = () =>
  new DomainError("invalid-argument", "INVALID_EMAIL", "email is malformed", { field: "email" });
export const invalidName = () =>
  new DomainError("invalid-argument", "INVALID_NAME", "name must have 1 to 200 characters, none of them a control", {
    field: "name",
  });
export const fieldNotUpdatable = (field: string) =>
  new DomainError("invalid-argument", "FIELD_NOT_UPDATABLE", "only the name can be changed", { field });

export const emailTaken = () => new DomainError("already-exists", "EMAIL_TAKEN", "email is already registered");
export const userIdTaken = () => new DomainError("already-exists", "USER_ID_TAKEN", "user id belongs to another user");
export const cancelled = () => new DomainError("aborted", "CANCELLED", "the creation was cancelled");

export const userNotFound = () => new DomainError("not-found", "USER_NOT_FOUND", "user does not exist");
export const userCreationNotFound = () =>
  new DomainError("not-found", "USER_CREATION_NOT_FOUND", "user creation does not exist");

export const etagMismatch = () =>
  new DomainError("aborted", "ETAG_MISMATCH", "the user has changed since that version was read");
export const userSuspended = () =>
  new DomainError("failed-precondition", "USER_SUSPENDED", "the address of a suspended user cannot be changed");
export const userDeleted = () =>
  new DomainError("failed-precondition", "USER_DELETED", "a deleted user cannot be changed");
