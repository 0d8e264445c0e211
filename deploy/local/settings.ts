import { z } from "zod";
import { parseConfig, port } from "../../services/platform/config.ts";

const local = z.object({
  /** The gateway's. */
  PORT: port(8_080),
  /** Database, secrets. */
  DATA_DIR: z.string().default(".data"),
});

const launched = local.extend({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "is needed: the URL of a PostgreSQL superuser" }),
  AMQP_URL: z.url({ protocol: /^amqps?$/, error: "is needed: the URL of a RabbitMQ" }),
});

/** @throws ConfigError that names everything missing or wrong. */
export const readLocalSettings = (env: NodeJS.ProcessEnv) => parseConfig(local, env);

/** @throws ConfigError that names everything missing or wrong. */
export const readLauncherSettings = (env: NodeJS.ProcessEnv) => parseConfig(launched, env);
