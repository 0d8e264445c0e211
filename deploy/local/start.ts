import { resolve } from "node:path";
import { readGatewayConfig } from "../../gateway/config.ts";
import { createGatewayRole } from "../../gateway/role.ts";
import { createAuthApi, createAuthWorker } from "../../services/auth/app.ts";
import { readAuthApiConfig, readAuthWorkerConfig } from "../../services/auth/config.ts";
import { createDevelopmentMailbox } from "../../services/auth/infrastructure/development-mailbox.ts";
import { createLog } from "../../services/platform/log.ts";
import { manageRole } from "../../services/platform/managed-role.ts";
import { createInProcessTransport } from "../../services/platform/messaging/in-process-transport.ts";
import { observeMessages } from "../../services/platform/messaging/observed-transport.ts";
import { createMetrics } from "../../services/platform/process-metrics.ts";
import { startTracing } from "../../services/platform/tracing/start-tracing.ts";
import { createUsersApi, createUsersWorker } from "../../services/users/app.ts";
import { readUsersApiConfig } from "../../services/users/config.ts";
import { prepareDatabase } from "../ops/migrate.ts";
import { allOf } from "./all-roles.ts";
import { banner } from "./banner.ts";
import { startEmbeddedPostgres } from "./embedded-postgres.ts";
import { runLifeCycle } from "./life-cycle.ts";
import { serveMailbox } from "./mailbox-page.ts";
import { nextFreePort, requireFreePort } from "./ports.ts";
import { waitUntilReady } from "./readiness.ts";
import { choosePorts, sharedEnvironment } from "./role-plan.ts";
import { developmentSecrets } from "./secrets.ts";
import { readLocalSettings } from "./settings.ts";

/** Everything in one process, on a database of its own: every role as it is, and messages handed over in memory. */
await runLifeCycle(async (life) => {
  const { PORT, DATA_DIR } = readLocalSettings(process.env);
  const port = await requireFreePort("PORT", PORT);
  const database = await startEmbeddedPostgres({ dataDir: DATA_DIR, log: console.log });
  life.defer("the database", database.stop);
  const urls = await prepareDatabase({ databaseUrl: database.url });
  const secrets = await developmentSecrets(DATA_DIR);

  const taken = new Set([port]);
  const ports = await choosePorts(process.env, taken);
  const managementPort = await nextFreePort(Number(process.env.MANAGEMENT_PORT ?? 9_090), taken);
  const env = {
    LOG_LEVEL: "warn",
    DATABASE_POOL_SIZE: "5",
    ...sharedEnvironment({ env: process.env, port, secrets, ...urls }, ports),
  };
  const users = readUsersApiConfig(env);
  const auth = readAuthApiConfig(env);
  const authWorker = readAuthWorkerConfig(env);
  const gateway = readGatewayConfig(env);

  const log = createLog(users.logLevel, "limen");
  const metrics = createMetrics("limen");
  const tracing = await startTracing({ config: users.tracing, role: "limen", log });
  life.defer("the traces", tracing.stop);
  const transport = observeMessages(createInProcessTransport({ log }), { log });
  life.defer("the messages", () => transport.close());
  // Never in production, where the configuration asks for a mail server.
  const mailbox =
    authWorker.mail.smtpUrl === undefined ? createDevelopmentMailbox({ clock: { now: () => new Date() } }) : undefined;
  const roles = allOf([
    await createUsersWorker({ config: users, log, transport, metrics }),
    await createAuthWorker({ config: authWorker, log, transport, metrics, mailer: mailbox }),
    await createAuthApi({ config: auth, log, transport, metrics }),
    // After auth, whose keys and revocations it needs.
    await createUsersApi({ config: users, log, transport, metrics }),
    await createGatewayRole({
      config: gateway,
      log,
      metrics,
      developmentRoutes: (app) => mailbox && serveMailbox(app, mailbox),
    }),
  ]);
  const managed = manageRole(roles, { name: "limen", host: users.host, port: managementPort, metrics, log });
  life.defer("the services", managed.stop);
  await managed.start();
  await waitUntilReady({ name: "start", managementPort }, life);

  console.log(banner(port, { mailbox: mailbox !== undefined }));
  await life.stopRequested();
  console.log(`Stopping … what was accepted goes on at the next start (${resolve(DATA_DIR)}).`);
  return 0;
});
