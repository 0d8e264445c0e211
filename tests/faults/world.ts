import { mkdtemp, open, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../deploy/local/ports.ts";
import { waitUntilReady } from "../../deploy/local/readiness.ts";
import { type PlannedRole, planRoles } from "../../deploy/local/role-plan.ts";
import { developmentSecrets } from "../../deploy/local/secrets.ts";
import { type FaultProxy, openFaultProxy } from "../support/fault-proxy.ts";
import { type FaultBroker, startFaultBroker } from "./broker.ts";
import { type FaultDatabase, startFaultDatabase } from "./database.ts";
import { keepJournal } from "./journal.ts";
import { openThisRelease, type Release } from "./release.ts";
import { createRoleProcesses, type RoleProcesses } from "./role-processes.ts";

export type RoleName = (typeof allRoles)[number];

export const allRoles = ["users-api", "users-worker", "auth-api", "auth-worker", "gateway"] as const;

/** A Limen of the suite's own, every part of which can be broken. */
export interface World {
  /** Of the gateway. */
  readonly url: string;
  readonly database: FaultDatabase;
  readonly broker: FaultBroker;
  readonly roles: RoleProcesses;
  /** The line of an instance to PostgreSQL, or to RabbitMQ. */
  link(instance: string, to: "database" | "broker"): FaultProxy;
  readonly links: ReadonlyMap<string, FaultProxy>;
  /**
   * Ends it in good order, in so many ms, and starts it anew with these variables besides its usual ones: with the first
   * set of them, and after each death with the next; the last one stays. See `ready`.
   */
  restart(instance: string, ...envs: readonly Variables[]): Promise<number>;
  /** From its next start on, the instance runs this release. */
  use(instance: string, release: Release): void;
  /** Another instance of the role, "<role>-2", with listeners and lines of its own. Not started yet. See `remove`. */
  add(role: RoleName): Promise<string>;
  remove(instance: string): Promise<void>;
  /** Resolves when the instances, or those that run, are ready. Throws after `withinMs`. */
  ready(instances?: readonly string[], withinMs?: number): Promise<void>;
  /** Of its listeners; a worker has the one for management alone. */
  ports(instance: string): { readonly grpc: number; readonly http: number; readonly management: number };
  /** The value of a metric, summed over its labels; 0 while it has none. */
  metric(instance: string, name: string): Promise<number>;
  /** A crashed database that came back may listen elsewhere. */
  restartDatabase(): Promise<void>;
  /** What the processes say outlasts this world: in the file that it returns, from `stop` on. */
  keepLog(): string;
  stop(): Promise<void>;
}

export type Variables = Readonly<Record<string, string>>;

/** Deadlines are configuration, so that a short run can see what a long one would. Hashing is not what is tested here. */
const quick = {
  SAGA_ANSWER_TIMEOUTS: "1s,2s,5s,15s",
  RETRY_DELAY: "200ms",
  ARGON2_MEMORY_KIB: "64",
  LOG_LEVEL: "warn",
  THROTTLE_EVERYBODYS_ATTEMPTS: "1000000000",
};

/** Of this release, unless another one is opened for it. */
export async function startWorld(env: Variables = {}, openRelease = openThisRelease): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), "limen-faults-"));
  const log = join(dataDir, "limen.log");
  let keptLog: string | undefined;
  const [database, broker, release, output] = await Promise.all([
    startFaultDatabase(dataDir),
    startFaultBroker(),
    openRelease(dataDir),
    open(log, "a"),
  ]);
  const urls = await release.prepareDatabase({ databaseUrl: database.url() });
  await keepJournal(database);

  const ports = await Promise.all(Array.from({ length: 6 }, freePort));
  const [port = 0, ...others] = ports.map(String).map(Number);
  const names = ["USERS_GRPC_PORT", "USERS_HTTP_PORT", "AUTH_GRPC_PORT", "AUTH_HTTP_PORT", "MANAGEMENT_PORT"];
  const plan = await planRoles({
    env: {
      // Nothing else of this shell's environment.
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      MALLOC_ARENA_MAX: "1",
      ...Object.fromEntries(names.map((name, index) => [name, String(others[index])])),
      ...quick,
      ...env,
    },
    port,
    secrets: await developmentSecrets(dataDir),
    ...urls,
  });

  const roles = createRoleProcesses({ output: output.fd });
  const links = new Map<string, FaultProxy>();
  const instances = new Map<string, PlannedRole>();
  const releases = new Map<string, Release>();

  /** The instance with lines of its own. */
  async function connected(planned: PlannedRole): Promise<PlannedRole> {
    const service = serviceOf(planned.name);
    if (service === "GATEWAY") return planned;
    const lines = {
      database: await openFaultProxy(database.address()),
      broker: await openFaultProxy(broker.address),
    };
    for (const [to, line] of Object.entries(lines)) links.set(`${planned.name} ${to}`, line);
    const databaseUrl = new URL(planned.env[`${service}_DATABASE_URL`] ?? "");
    databaseUrl.port = String(lines.database.port);
    return {
      ...planned,
      env: {
        ...planned.env,
        [`${service}_DATABASE_URL`]: databaseUrl.href,
        AMQP_URL: `amqp://guest:guest@127.0.0.1:${lines.broker.port}`,
      },
    };
  }

  function planned(name: string): PlannedRole {
    const instance = instances.get(name);
    if (instance === undefined) throw new Error(`there is no ${name}`);
    return instance;
  }

  function launch(name: string, envs: readonly Variables[] = []): void {
    const instance = planned(name);
    const { fileOf } = releases.get(name) ?? release;
    const usual = { ...instance, role: name.replace(/-\d+$/, ""), file: fileOf(instance.file) };
    const variants = (envs.length === 0 ? [{}] : envs).map((env) => ({ ...usual, env: { ...usual.env, ...env } }));
    roles.start(variants.reduceRight((next, variant) => ({ ...variant, next })));
  }

  async function ready(wanted: readonly string[] = roles.running(), withinMs = 120_000): Promise<void> {
    const { signal } = new AbortController();
    await Promise.all(wanted.map((name) => waitUntilReady(planned(name), { signal, withinMs })));
  }

  function keepLog(): string {
    keptLog = `${dataDir}.log`;
    return keptLog;
  }

  async function stop(): Promise<void> {
    for (const line of links.values()) line.heal();
    await roles.stopAll();
    await Promise.all([...links.values()].map((line) => line.close()));
    await Promise.all([database.stop(), broker.stop(), output.close()]);
    if (keptLog !== undefined) await rename(log, keptLog);
    await rm(dataDir, { recursive: true });
  }

  for (const role of plan) instances.set(role.name, await connected(role));
  for (const name of instances.keys()) launch(name);
  try {
    await ready();
    await broker.syncToDisk();
  } catch (cause) {
    const file = keepLog();
    await stop();
    throw new Error(`the processes do not start; what they say: ${file}`, { cause });
  }

  return {
    url: `http://127.0.0.1:${port}`,
    database,
    broker,
    roles,
    links,
    link(instance, to) {
      const line = links.get(`${instance} ${to}`);
      if (line === undefined) throw new Error(`${instance} has no line to the ${to}`);
      return line;
    },
    async restart(name, ...envs) {
      const exitMs = await roles.stop(name);
      launch(name, envs);
      return exitMs;
    },
    use: (name, other) => void releases.set(name, other),
    async add(role) {
      const name = `${role}-2`;
      const [grpc, http, management] = await Promise.all(Array.from({ length: 3 }, freePort));
      const original = planned(role);
      const service = serviceOf(role);
      const own = {
        ...original.env,
        [`${service}_GRPC_PORT`]: String(grpc),
        [`${service}_HTTP_PORT`]: String(http),
        ...(role === "gateway" && { PORT: String(http) }),
        MANAGEMENT_PORT: String(management),
      };
      instances.set(name, await connected({ ...original, name, managementPort: Number(management), env: own }));
      return name;
    },
    async remove(name) {
      await roles.stop(name);
      instances.delete(name);
      releases.delete(name);
      for (const to of ["database", "broker"]) {
        await links.get(`${name} ${to}`)?.close();
        links.delete(`${name} ${to}`);
      }
    },
    ready,
    ports(name) {
      const { env, managementPort: management } = planned(name);
      const service = serviceOf(name);
      if (service === "GATEWAY") return { grpc: 0, http: Number(env.PORT), management };
      return { grpc: Number(env[`${service}_GRPC_PORT`]), http: Number(env[`${service}_HTTP_PORT`]), management };
    },
    async metric(name, metric) {
      const response = await fetch(`http://127.0.0.1:${planned(name).managementPort}/metrics`);
      const lines = (await response.text()).split("\n").filter((line) => line.startsWith(`${metric}{`));
      return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    },
    async restartDatabase() {
      await database.start();
      for (const [name, line] of links) if (name.endsWith(" database")) line.lead(database.address());
    },
    keepLog,
    stop,
  };
}

/** As the variables spell it: USERS, AUTH or GATEWAY. */
const serviceOf = (instance: string): string => instance.replace(/-.*/, "").toUpperCase();
