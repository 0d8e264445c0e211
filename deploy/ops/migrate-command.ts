import { Command } from "commander";
import { z } from "zod";
import { parseConfig } from "../../services/platform/config.ts";
import type { Context } from "./context.ts";
import { migrate } from "./migrate.ts";

const url = z.url({ protocol: /^postgres(ql)?$/ });
const settings = z.object({ MIGRATIONS_DATABASE_URL: url, USERS_DATABASE_URL: url, AUTH_DATABASE_URL: url });

export const migrateSettings = Object.keys(settings.shape);

/** @throws ConfigError that names everything missing or wrong. */
export const readMigrateSettings = (env: NodeJS.ProcessEnv) => parseConfig(settings, env);

export const migrateCommand = ({ env: environment, terminal }: Context): Command =>
  new Command("migrate")
    .description("bring the schemas to the newest version and grant each service's role what is its own")
    .action(async () => {
      const env = readMigrateSettings(environment);
      const done = await migrate(env.MIGRATIONS_DATABASE_URL, {
        usersUrl: env.USERS_DATABASE_URL,
        authUrl: env.AUTH_DATABASE_URL,
      });
      terminal.print(done.length === 0 ? "nothing to do\n" : `made ${done.join(", ")}\n`);
    });
