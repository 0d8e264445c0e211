import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startEmbeddedPostgres } from "../deploy/local/embedded-postgres.ts";
import type { LifeCycle } from "../deploy/local/life-cycle.ts";
import { freePort } from "../deploy/local/ports.ts";
import { startPrivateRabbitMq } from "../deploy/local/private-rabbitmq.ts";
import { childrenOf } from "./processes.ts";

export type RoleName = "gateway" | "auth-api" | "auth-worker" | "users-api" | "users-worker";

/** Limen as it is deployed: five processes, a PostgreSQL and a RabbitMQ. */
export interface Limen {
  /** Of the gateway. */
  readonly url: string;
  readonly authGrpc: string;
  readonly usersGrpc: string;
  /** Superuser. */
  readonly databaseUrl: string;
  readonly amqpUrl: string;
  /** Ids of the processes of these roles. */
  pidsOf(...roles: readonly RoleName[]): number[];
}

const readyMs = 120_000;

/**
 * Starts everything on free ports and on new data, which lie where those of `npm start` lie: on a disk that a commit has to
 * wait for. PostgreSQL has its usual durable settings; the services have their defaults, with a log line for each call.
 */
export async function startLimen(life: LifeCycle): Promise<Limen> {
  await mkdir(".data", { recursive: true });
  const dataDir = await mkdtemp(join(".data", "bench-"));
  life.defer("the data", () => rm(dataDir, { recursive: true }));
  // Connections for the five processes, and for the limits beside them.
  const settings = { max_connections: "150" };
  const database = await startEmbeddedPostgres({ dataDir, log: console.log, settings });
  life.defer("PostgreSQL", database.stop);
  const broker = await startPrivateRabbitMq();
  life.defer("RabbitMQ", broker.stop);

  const ports = await Promise.all(Array.from({ length: 5 }, freePort));
  const [port, usersGrpc, usersHttp, authGrpc, authHttp] = ports.map(String);
  // Nothing else of this shell's environment: a setting for something else would change what is measured.
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    MALLOC_ARENA_MAX: "1",
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    AMQP_URL: broker.url,
    PORT: port,
    USERS_GRPC_PORT: usersGrpc,
    USERS_HTTP_PORT: usersHttp,
    AUTH_GRPC_PORT: authGrpc,
    AUTH_HTTP_PORT: authHttp,
    // Everybody who registers here comes from one address, and more of them than a defence would believe.
    THROTTLE_EVERYBODYS_ATTEMPTS: "1000000000",
  };
  const url = `http://127.0.0.1:${port}`;
  const launcher = await launch({ env, url, logFile: join(dataDir, "limen.log") }, life);
  const processes = await childrenOf(launcher);
  return {
    url,
    authGrpc: `127.0.0.1:${authGrpc}`,
    usersGrpc: `127.0.0.1:${usersGrpc}`,
    databaseUrl: database.url,
    amqpUrl: broker.url,
    pidsOf: (...roles) =>
      roles.map((role) => {
        const pid = processes.get(`limen ${role}`);
        if (pid === undefined) throw new Error(`there is no process "limen ${role}"`);
        return pid;
      }),
  };
}

/** What `npm run start:services` runs. Its log goes to a file: writing it is part of the work, reading it is not. */
async function launch(
  deps: { readonly env: NodeJS.ProcessEnv; readonly url: string; readonly logFile: string },
  life: LifeCycle,
): Promise<number> {
  const log = await open(deps.logFile, "w");
  const child = spawn(process.execPath, ["--import", "tsx", "deploy/local/start-services.ts"], {
    env: deps.env,
    stdio: ["ignore", log.fd, log.fd],
  });
  const exit = once(child, "exit");
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  life.defer("Limen", async () => {
    if (!hasEnded()) child.kill("SIGTERM");
    await exit;
    await log.close();
  });
  for (const deadline = performance.now() + readyMs; performance.now() < deadline; await sleep(100)) {
    life.signal.throwIfAborted();
    if (hasEnded()) throw new Error(`Limen does not start:\n${await lastLines(deps.logFile)}`);
    if (child.pid !== undefined && (await isReady(deps.url))) return child.pid;
  }
  throw new Error(`Limen is not ready after ${readyMs / 1_000} s:\n${await lastLines(deps.logFile)}`);
}

/** The gateway is ready last. */
async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch (error) {
    // Nobody listens yet.
    if (error instanceof TypeError || (error instanceof Error && error.name === "TimeoutError")) return false;
    throw error;
  }
}

const lastLines = async (path: string) => (await readFile(path, "utf8")).trim().split("\n").slice(-20).join("\n");
