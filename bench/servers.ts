import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import pg from "pg";
import type { SMTPServerOptions } from "smtp-server";
import { bundle } from "../deploy/build.ts";
import { startEmbeddedPostgres } from "../deploy/local/embedded-postgres.ts";
import type { LifeCycle } from "../deploy/local/life-cycle.ts";
import { startPrivateRabbitMq } from "../deploy/local/private-rabbitmq.ts";
import { startMailServer } from "../tests/support/mail-server.ts";

/** What Limen needs around it, and the programs of which it consists. */
export interface Servers {
  readonly dataDir: string;
  /** Bundles as the image holds them. */
  readonly programs: string;
  /** Of a superuser, for a database that is made anew. */
  createDatabase(): Promise<string>;
  readonly amqpUrl: string;
  readonly smtpUrl: string;
}

const throwAway: NonNullable<SMTPServerOptions["onData"]> = (stream, _, taken) => {
  stream.on("end", () => taken()).resume();
};

/**
 * On free ports and on new data, which lie where those of `npm start` lie: on a disk that a commit has to wait for.
 * PostgreSQL has its usual durable settings; mails are taken, over TLS, and thrown away.
 */
export async function startServers(life: LifeCycle): Promise<Servers> {
  await mkdir(".data", { recursive: true });
  const dataDir = resolve(await mkdtemp(join(".data", "bench-")));
  life.defer("the data", () => rm(dataDir, { recursive: true }));
  /** Whatever started is stopped at the end, also when another one did not start. */
  async function started<T>(name: string, starting: Promise<T>, stop: (server: T) => Promise<void>): Promise<T> {
    const server = await starting;
    life.defer(name, () => stop(server));
    return server;
  }
  const programs = join(dataDir, "dist");
  const [database, broker, mails, bundled] = await Promise.allSettled([
    started(
      "PostgreSQL",
      // Connections for the processes, and for the limits beside them.
      startEmbeddedPostgres({ dataDir, log: console.log, settings: { max_connections: "200" } }),
      (server) => server.stop(),
    ),
    started("RabbitMQ", startPrivateRabbitMq(), (server) => server.stop()),
    started("the mail server", startMailServer({ onData: throwAway, secure: true }), (server) => server.close()),
    bundle({ root: resolve(import.meta.dirname, ".."), outdir: programs }),
  ]);
  if (database.status === "rejected") throw database.reason;
  if (broker.status === "rejected") throw broker.reason;
  if (mails.status === "rejected") throw mails.reason;
  if (bundled.status === "rejected") throw bundled.reason;

  let databases = 0;
  return {
    dataDir,
    programs,
    async createDatabase() {
      const name = `limen_${++databases}`;
      const client = new pg.Client({ connectionString: database.value.url });
      await client.connect();
      try {
        await client.query(`create database ${name}`);
      } finally {
        await client.end();
      }
      const url = new URL(database.value.url);
      url.pathname = `/${name}`;
      return url.href;
    },
    amqpUrl: await broker.value.addUser("limen"),
    // In production no mail is sent in the clear; the server's certificate is its own.
    smtpUrl: `${mails.value.url.replace("smtp:", "smtps:")}?tls.rejectUnauthorized=false`,
  };
}
