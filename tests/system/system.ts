import type { Client } from "../support/client.ts";

/** A mail that somebody got. */
export interface SystemMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** A running Limen, whatever its shape, as the suites see it. */
export interface System {
  readonly url: string;
  readonly client: Client;
  readonly ports: {
    readonly usersGrpc: number;
    readonly usersHttp: number;
    readonly authGrpc: number;
    readonly authHttp: number;
  };
  /** How its gRPC listeners are called. */
  readonly grpc: {
    /** `http://127.0.0.1`, without a port. */
    readonly origin: string;
    /** Of `buf curl`. */
    readonly flags: readonly string[];
    /** Whether they tell anybody their contract; not in production. */
    readonly reflection: boolean;
  };
  /** What its processes were started with, and what `npm run ops` finds its database by. */
  readonly env: NodeJS.ProcessEnv;
  /** The mails that have left, oldest first: the newest hundred at least. */
  mails(): Promise<readonly SystemMail[]>;
  /** Runs `npm run ops -- …` against it; resolves with what it printed. */
  ops(...args: string[]): Promise<string>;
}
