import { Socket } from "node:net";
import { Client, type ClientConfig, type QueryConfig, type QueryResult, type QueryResultRow } from "pg";

/** What runs a prepared statement: a pool, or a pipeline. */
export interface StatementRunner {
  query<R extends QueryResultRow>(statement: QueryConfig): Promise<Pick<QueryResult<R>, "rows">>;
}

export interface ReadPipeline extends StatementRunner {
  /** Waits for the answers that are under way. */
  close(): Promise<void>;
}

/**
 * Runs short reads over a few connections without waiting for one's answer before the next is sent (PostgreSQL, "Pipelining"
 * of the extended query protocol): what arrives in one turn of the event loop goes out in one write, over one of them, and
 * most answers come in one read, where a pool takes a connection, a write and a read for each. A statement waits for those
 * before it, so this is for lookups by an index, and nothing that locks or commits. Connects when it is first used, and again
 * when it was lost.
 */
export function createReadPipeline(deps: {
  readonly config: ClientConfig;
  readonly connections?: number;
}): ReadPipeline {
  const lanes = Array.from({ length: deps.connections ?? 2 }, () => createLane(deps.config));
  let turn = 0;
  let chosen: ReadPipeline | undefined;
  return {
    async query(statement) {
      if (chosen === undefined) {
        setImmediate(() => {
          chosen = undefined;
        });
        chosen = lanes[turn++ % lanes.length];
        if (chosen === undefined) throw new Error("a pipeline has at least one connection");
      }
      return chosen.query(statement);
    },
    close: async () => void (await Promise.all(lanes.map((lane) => lane.close()))),
  };
}

interface OpenLane {
  readonly client: Client;
  readonly socket: Socket;
}

function createLane(config: ClientConfig): ReadPipeline {
  let open: OpenLane | undefined;
  let opening: Promise<OpenLane> | undefined;
  let isHeld = false;

  async function connect(): Promise<OpenLane> {
    const socket = new Socket();
    const client = new Client({ ...config, pipeline: true, stream: () => socket });
    const lost = (): void => {
      if (open?.client === client) open = undefined;
    };
    // Whoever waits for an answer is told by its promise.
    client.on("error", lost);
    client.once("end", lost);
    await client.connect();
    open = { client, socket };
    return open;
  }

  function reopen(): Promise<OpenLane> {
    opening ??= connect().finally(() => {
      opening = undefined;
    });
    return opening;
  }

  /** Holds back what is written until the event loop has seen everything that arrived. */
  function hold(socket: Socket): void {
    if (isHeld) return;
    isHeld = true;
    socket.cork();
    setImmediate(() => {
      isHeld = false;
      socket.uncork();
    });
  }

  return {
    async query<R extends QueryResultRow>(statement: QueryConfig) {
      const { client, socket } = open ?? (await reopen());
      hold(socket);
      return client.query<R>(statement);
    },
    async close() {
      // Why it could not be opened is told to whoever asked for it.
      const closing = open ?? (await opening?.catch(() => undefined));
      await closing?.client.end();
    },
  };
}
