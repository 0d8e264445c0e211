import type { HttpRequest } from "./http-connection.ts";

/** What a load process does, in a form that can be sent to it. */
export type Work = GrpcWork | RefreshWork | HttpWork | RegisterWork | HashWork | RotateWork;

/** Unary calls, taken in turn; each client has a connection of its own. */
export interface GrpcWork {
  readonly kind: "grpc";
  readonly clients: number;
  /** "127.0.0.1:50051" */
  readonly address: string;
  readonly path: string;
  readonly calls: readonly { readonly message: Uint8Array; readonly metadata?: Readonly<Record<string, string>> }[];
}

/** RefreshToken, a client for each token; the next token is in the answer. */
export interface RefreshWork {
  readonly kind: "refresh";
  readonly address: string;
  readonly refreshTokens: readonly string[];
}

/** Requests, taken in turn; each client has a connection of its own. */
export interface HttpWork {
  readonly kind: "http";
  readonly clients: number;
  readonly port: number;
  readonly requests: readonly HttpRequest[];
  /** The status that every answer must have. */
  readonly expected: number;
  /** Whether other answers are counted, those that refuse and those that are none at all; they end the run otherwise. */
  readonly mayRefuse?: boolean;
}

/** Registrations of new people up to 201; other answers are counted. */
export interface RegisterWork {
  readonly kind: "register";
  readonly clients: number;
  readonly port: number;
}

/** Password hashes, or verifications, without anything around them; as many at a time as there are cores. */
export interface HashWork {
  readonly kind: "hash" | "verify";
}

/** What the rotation of a refresh token cannot do without: a conditional UPDATE … RETURNING, and its commit. */
export interface RotateWork {
  readonly kind: "rotate";
  readonly databaseUrl: string;
  /** Of sessions, one for each client. */
  readonly sessionIds: readonly string[];
}

/** How the clients go about it. */
export interface Pattern {
  readonly forMs: number;
  /** As many calls as that, at equal distances, whether or not earlier ones have ended. Unset: one after another. */
  readonly callsPerSecond?: number;
  /** Whether a client who was refused waits as long as it was told to; it tries again at once otherwise. */
  readonly patient?: boolean;
}
