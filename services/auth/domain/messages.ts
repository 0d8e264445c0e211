import type { Email } from "./email.ts";

/** What auth says to others, itself included. Ids and the least that the receiver needs; never a password or its hash. */
export type AuthMessage =
  | RegisterUser
  | SendPasswordReset
  | CreateUser
  | CancelUserCreation
  | ChangeUserEmail
  | CancelUserEmailChange
  | UserRegistered
  | RefreshTokenReused;

export interface RegisterUser {
  readonly type: "register-user";
  readonly registrationId: string;
}

/** Somebody has forgotten the password of this address, if it is anybody's. */
export interface SendPasswordReset {
  readonly type: "send-password-reset";
  readonly email: Email;
}

export interface CreateUser {
  readonly type: "create-user";
  readonly creationId: string;
  readonly userId: string;
  readonly name: string;
  readonly email: Email;
}

export interface CancelUserCreation {
  readonly type: "cancel-user-creation";
  readonly creationId: string;
  readonly userId: string;
}

export interface ChangeUserEmail {
  readonly type: "change-user-email";
  readonly changeId: string;
  readonly userId: string;
  readonly email: Email;
}

export interface CancelUserEmailChange {
  readonly type: "cancel-user-email-change";
  readonly changeId: string;
  readonly userId: string;
}

export interface UserRegistered {
  readonly type: "user-registered";
  readonly registrationId: string;
  readonly userId: string;
  readonly occurTime: Date;
}

export interface RefreshTokenReused {
  readonly type: "refresh-token-reused";
  readonly sessionId: string;
  readonly userId: string;
  readonly occurTime: Date;
}
