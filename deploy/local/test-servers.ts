import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "./embedded-postgres.ts";
import { startPrivateRabbitMq, tryAmqp } from "./private-rabbitmq.ts";

export interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

type Log = (line: string) => void;

/** Many suites at once, on data that nobody will miss. */
const testSettings = { fsync: "off", full_page_writes: "off", max_connections: "300" };

/** A PostgreSQL of this run's own, whatever DATABASE_URL says: tests create and drop databases. */
export async function startTestPostgres(log: Log): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "limen-test-"));
  try {
    const postgres = await startEmbeddedPostgres({ dataDir, log, settings: testSettings });
    return {
      url: postgres.url,
      async stop() {
        await postgres.stop();
        await rm(dataDir, { recursive: true });
      },
    };
  } catch (error) {
    await rm(dataDir, { recursive: true });
    throw error;
  }
}

/** The RabbitMQ at AMQP_URL when one answers there, else a private one. */
export async function startTestRabbitMq(given: string | undefined, log: Log): Promise<TestServer> {
  if (given) {
    try {
      await tryAmqp(given);
      return { url: given, stop: async () => undefined };
    } catch (error) {
      log(
        `No RabbitMQ answers at AMQP_URL (${error instanceof Error ? error.message : error}): starting a private one`,
      );
    }
  }
  return await startPrivateRabbitMq(log);
}
