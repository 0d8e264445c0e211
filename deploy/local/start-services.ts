import { prepareDatabase } from "../ops/migrate.ts";
import { banner } from "./banner.ts";
import { createLauncher } from "./launcher.ts";
import { runLifeCycle } from "./life-cycle.ts";
import { requireFreePort } from "./ports.ts";
import { waitUntilReady } from "./readiness.ts";
import { planRoles } from "./role-plan.ts";
import { developmentSecrets } from "./secrets.ts";
import { readLauncherSettings } from "./settings.ts";

/** The real shape: one process per role against a PostgreSQL and a RabbitMQ of the user's. */
await runLifeCycle(async (life) => {
  const { PORT, DATA_DIR, DATABASE_URL } = readLauncherSettings(process.env);
  const port = await requireFreePort("PORT", PORT);
  const secrets = await developmentSecrets(DATA_DIR);
  const urls = await prepareDatabase({ databaseUrl: DATABASE_URL });
  life.signal.throwIfAborted();

  const launcher = createLauncher({ log: console.log });
  const plan = await planRoles({ env: process.env, port, secrets, ...urls });
  const launch = (role: (typeof plan)[number]) => {
    launcher.start(role);
    return waitUntilReady(role, life);
  };
  const named = (pattern: RegExp) => plan.filter(({ name }) => pattern.test(name));
  const stop = (pattern: RegExp) => async () => {
    await Promise.all(named(pattern).map(({ name }) => launcher.stop(name)));
  };

  // Stopped in the opposite order: nothing new comes in, what came in is answered, what was announced is done.
  life.defer("the workers", stop(/-worker$/));
  life.defer("the APIs", stop(/-api$/));
  await Promise.all(named(/-(api|worker)$/).map(launch));
  life.defer("the gateway", stop(/^gateway$/));
  await Promise.all(named(/^gateway$/).map(launch));

  console.log(banner(port));
  await life.stopRequested();
  console.log("Stopping …");
  return 0;
});
