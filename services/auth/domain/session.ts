/** A device on which somebody is logged in. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  /** Makes the session's refresh tokens together with the counter: nothing is stored that could be presented. */
  readonly salt: Uint8Array;
  /** Number of its current refresh token. */
  readonly counter: number;
  readonly rotateTime: Date;
  readonly userAgent: string;
  readonly ipAddress: string;
  readonly createTime: Date;
  readonly lastUsedTime: Date;
  /** Absolute limit, which rotation does not extend. */
  readonly expireTime: Date;
}

export type RevokeReason =
  | "LOGOUT"
  | "REVOKED"
  | "REFRESH_REUSED"
  | "PASSWORD_CHANGED"
  | "EMAIL_CHANGED"
  | "USER_SUSPENDED"
  | "USER_DELETED";

/** From where somebody comes, as far as the gateway knows it. */
export interface Device {
  readonly userAgent: string;
  readonly ipAddress: string;
}
