import type { Registry } from "prom-client";
import { createLog, type Log } from "./log.ts";
import { manageRole } from "./managed-role.ts";
import type { Transport } from "./messaging/message.ts";
import { observeMessages } from "./messaging/observed-transport.ts";
import { createRabbitMqTransport } from "./messaging/rabbitmq-transport.ts";
import { createMetrics } from "./process-metrics.ts";
import type { Role } from "./role.ts";
import { startTracing } from "./tracing/start-tracing.ts";
import type { TracingConfig } from "./tracing/tracing-config.ts";

export interface ProcessConfig {
  readonly logLevel: string;
  readonly host: string;
  readonly managementPort: number;
  readonly amqpUrl: string;
  readonly databasePoolSize: number;
  readonly retryDelayMs: number;
  readonly heartbeatMs: number;
  readonly confirmTimeoutMs: number;
  readonly tracing: TracingConfig | undefined;
}

/** What a process lends to its role. */
export interface ProcessParts {
  readonly log: Log;
  readonly metrics: Registry;
  readonly transport: Transport;
}

/** For the relay, and for what runs now and then. */
const sparedConnections = 2;

/** A service's role with what it needs around it when it is alone in its process: log, broker, management listener. */
export async function createServiceProcess<Config extends ProcessConfig>(
  name: string,
  config: Config,
  createRole: (deps: ProcessParts & { readonly config: Config }) => Promise<Role>,
): Promise<Role> {
  const log = createLog(config.logLevel, name);
  const metrics = createMetrics(name);
  const tracing = await startTracing({ config: config.tracing, role: name, log });
  const broker = createRabbitMqTransport({
    ...config,
    url: config.amqpUrl,
    handlersAtOnce: Math.max(1, config.databasePoolSize - sparedConnections),
    clientName: name,
    log,
  });
  const transport = observeMessages(broker, { log });
  const role = await createRole({ config, log, metrics, transport });
  const managed = manageRole(role, { name, host: config.host, port: config.managementPort, metrics, log });
  return {
    ...managed,
    async start() {
      await broker.start();
      await managed.start();
    },
    async stop() {
      await managed.stop();
      await transport.close();
      await tracing.stop();
    },
  };
}
