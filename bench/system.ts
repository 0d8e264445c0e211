import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { imageEnvironment, imageRuntimeFlags } from "../deploy/checks/dockerfile.ts";
import type { LifeCycle } from "../deploy/local/life-cycle.ts";
import { freePort } from "../deploy/local/ports.ts";
import { planRoles } from "../deploy/local/role-plan.ts";
import { developmentSecrets } from "../deploy/local/secrets.ts";
import { prepareDatabase } from "../deploy/ops/migrate.ts";
import { startRoleProcesses } from "./role-processes.ts";
import type { Servers } from "./servers.ts";

export const roleNames = ["gateway", "auth-api", "auth-worker", "users-api", "users-worker"] as const;
export type RoleName = (typeof roleNames)[number];

/** Limen as it is deployed: five processes in production, a PostgreSQL and a RabbitMQ. */
export interface Limen {
  /** Of the gateway. */
  readonly url: string;
  readonly port: number;
  /** "127.0.0.1:50052" */
  readonly authGrpc: string;
  readonly usersGrpc: string;
  /** Superuser. */
  readonly databaseUrl: string;
  readonly amqpUrl: string;
  /** On the clock of `performance.now`. */
  readonly readyAt: number;
  /** Ids of the processes of these roles. */
  pidsOf(...roles: readonly RoleName[]): number[];
  /** Resolves with the time from the new process to its readiness, in milliseconds. */
  restart(role: RoleName): Promise<number>;
  stop(): Promise<void>;
}

const dockerfile = join(import.meta.dirname, "../deploy/Dockerfile");

/** A Limen on a database of its own, with the secrets of one installation and the settings that production asks for. */
export async function startLimen(
  servers: Servers,
  { signal, roles = roleNames }: { readonly signal: AbortSignal; readonly roles?: readonly RoleName[] },
): Promise<Limen> {
  const databaseUrl = await servers.createDatabase();
  const home = await mkdtemp(join(servers.dataDir, "limen-"));
  const urls = await prepareDatabase({ databaseUrl });
  const [port = 0, usersGrpc, usersHttp, authGrpc, authHttp, management] = await Promise.all(
    Array.from({ length: 6 }, freePort),
  );
  const image = await readFile(dockerfile, "utf8");
  const plan = await planRoles({
    // Nothing of this shell's environment: a setting for something else would change what is measured.
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...imageEnvironment(image),
      AMQP_URL: servers.amqpUrl,
      SMTP_URL: servers.smtpUrl,
      MAIL_FROM: "Limen <no-reply@example.com>",
      PUBLIC_URL: "https://limen.example.com",
      USERS_GRPC_PORT: String(usersGrpc),
      USERS_HTTP_PORT: String(usersHttp),
      AUTH_GRPC_PORT: String(authGrpc),
      AUTH_HTTP_PORT: String(authHttp),
      MANAGEMENT_PORT: String(management),
      // What is made before a measurement must last until its end.
      ACCESS_TOKEN_TTL: "1h",
      // All clients have one address here; what is measured are not the guard's refusals.
      THROTTLE_NETWORK_FAILURES: "1000000000",
      THROTTLE_EVERYBODYS_ATTEMPTS: "1000000000",
    },
    port,
    secrets: await developmentSecrets(home),
    ...urls,
  });
  const processes = await startRoleProcesses(
    plan.filter(({ name }) => roles.some((role) => role === name)),
    { flags: imageRuntimeFlags(image), programs: servers.programs, logFile: join(home, "limen.log"), signal },
  );
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    authGrpc: `127.0.0.1:${authGrpc}`,
    usersGrpc: `127.0.0.1:${usersGrpc}`,
    databaseUrl,
    amqpUrl: servers.amqpUrl,
    readyAt: performance.now(),
    pidsOf: (...wanted) => wanted.map(processes.pidOf),
    restart: processes.restart,
    stop: processes.stop,
  };
}

/** The one that most subjects are about. */
export async function startMainLimen(servers: Servers, life: LifeCycle): Promise<Limen> {
  const limen = await startLimen(servers, life);
  life.defer("Limen", limen.stop);
  return limen;
}
