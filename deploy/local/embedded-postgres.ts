import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { lockDataDir, tryLockDataDir } from "./data-dir-lock.ts";
import { type Cluster, launchServer, openCluster, type ServerSettings } from "./postgres-cluster.ts";
import { findPostmaster, type Postmaster, stopPostmaster } from "./postmaster.ts";

export interface EmbeddedPostgres {
  /** Superuser, database `postgres`, on the loopback interface. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  /** One line for a person, when something takes time or is out of the ordinary. */
  readonly log: (line: string) => void;
  /** Server parameters on top of the usual ones, e.g. `{ fsync: "off" }` for data that nobody will miss. */
  readonly settings?: ServerSettings;
}

/** Crash recovery comes before the first connection. */
const startMs = 60_000;

/**
 * A real PostgreSQL with its data under `dataDir`, created the first time. A server left running by a crash is adopted. It
 * runs in a session of its own: a Ctrl-C does not reach it, and it ends when told to, after those who use it.
 * @throws Error when another process uses the directory, or the server does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const lock = await lockDataDir(options.dataDir);
  try {
    const cluster = await openCluster(resolve(options.dataDir), options.log);
    const adopted = await findPostmaster(cluster.data);
    if (adopted !== undefined) options.log("Adopting the database that an earlier run left behind");
    else await launchServer(cluster, options.settings);
    const server = await waitUntilReady(cluster);
    return {
      url: urlOf(cluster, server),
      async stop() {
        await stopPostmaster(server.pid, cluster.data);
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * The same database for a short visit, running or not. `stop` leaves a server that was running as it was found, and stops
 * one that was started for the visit.
 * @throws Error when there is no database under `dataDir`.
 */
export async function findEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  if (!existsSync(join(dataDir, "postgres"))) throw noDatabase(dataDir);
  const lock = await tryLockDataDir(dataDir);
  try {
    const cluster = await openCluster(dataDir, options.log, () => Promise.reject(noDatabase(dataDir)));
    const isFound = lock === undefined || (await findPostmaster(cluster.data)) !== undefined;
    if (!isFound) await launchServer(cluster, options.settings);
    const server = await waitUntilReady(cluster);
    return {
      url: urlOf(cluster, server),
      async stop() {
        if (!isFound) await stopPostmaster(server.pid, cluster.data);
        await lock?.release();
      },
    };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

const noDatabase = (dataDir: string) =>
  new Error(`There is no database under ${dataDir} yet: \`npm start\` creates it.`);

/** The password is this directory's alone, so a connection proves that the server is ours. */
async function waitUntilReady(cluster: Cluster): Promise<Postmaster> {
  let problem: unknown;
  for (const deadline = performance.now() + startMs; performance.now() < deadline; await sleep(10)) {
    const server = await findPostmaster(cluster.data);
    if (server?.isReady !== true) continue;
    const client = new pg.Client({ connectionString: urlOf(cluster, server), connectionTimeoutMillis: 5_000 });
    client.on("error", (error) => {
      problem = error;
    });
    try {
      await client.connect();
      await client.query("SELECT 1");
      return server;
    } catch (error) {
      problem = error;
    } finally {
      await client.end();
    }
  }
  throw new Error(`PostgreSQL is not ready after ${startMs / 1_000} s; its log is ${cluster.log}`, { cause: problem });
}

const urlOf = (cluster: Cluster, server: Postmaster) =>
  `postgresql://postgres:${cluster.password}@127.0.0.1:${server.port}/postgres`;
