import type { Registry } from "prom-client";
import { AuthService } from "../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { createBatchedWaiter } from "../platform/batched-waiter.ts";
import { failpoints } from "../platform/failpoints.ts";
import { uuidv7 } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Transport } from "../platform/messaging/message.ts";
import { type Periodic, startPeriodic } from "../platform/periodic.ts";
import { type Role, readinessOf } from "../platform/role.ts";
import { createRpcServer } from "../platform/rpc/rpc-server.ts";
import { openServiceSecurity } from "../platform/rpc/service-security.ts";
import { openServiceStore } from "../platform/service-store.ts";
import { createAdvanceRegistration } from "./application/advance-registration.ts";
import { createMailLink } from "./application/mail-link.ts";
import { createMailRegistrationProof } from "./application/mail-registration-proof.ts";
import type { RegistrationProgress } from "./application/ports.ts";
import { createRegister } from "./application/register.ts";
import { createSendPasswordReset } from "./application/send-password-reset.ts";
import { createSettleEmailChange } from "./application/settle-email-change.ts";
import { createSettleRegistration } from "./application/settle-registration.ts";
import { createSweepEmailChanges } from "./application/sweep-email-changes.ts";
import { createSweepRegistrations } from "./application/sweep-registrations.ts";
import { createWatchRegistration } from "./application/watch-registration.ts";
import type { AuthApiConfig, AuthWorkerConfig } from "./config.ts";
import { createCredentials } from "./credentials.ts";
import { createEmailChanges } from "./email-changes.ts";
import { startBacklogMonitor } from "./infrastructure/backlog-monitor.ts";
import type { Mailer } from "./infrastructure/mailer.ts";
import { authSubscriptions } from "./infrastructure/message-consumer.ts";
import {
  createAccountReader,
  createProgressLoader,
  createRegistrationReader,
} from "./infrastructure/postgres-readers.ts";
import { AccountRow } from "./infrastructure/postgres-schema.ts";
import { createPostgresUnitOfWork } from "./infrastructure/postgres-unit-of-work.ts";
import { createRegistrationHandlers } from "./infrastructure/rpc-registrations.ts";
import { startOutgoingMail } from "./mail.ts";
import { createPasswords } from "./passwords.ts";

export interface AuthDeps<Config> {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Registry;
  readonly transport: Transport;
}

/** Takes registrations and logins, and says which tokens count. */
export async function createAuthApi(deps: AuthDeps<AuthApiConfig>): Promise<Role> {
  const { config, log, metrics } = deps;
  const { store, clock, ids, uow } = await openAuthStore(deps, "auth-api");
  const accounts = createAccountReader(store.db.reads);
  const credentials = await createCredentials({ db: store.db, uow, accounts, clock, ids, config, log, metrics });
  const passwords = createPasswords({ ...credentials, db: store.db, uow, accounts, clock, ids, config });
  const { findProof } = passwords;
  const emailChanges = createEmailChanges({
    ...credentials,
    findProof,
    db: store.db,
    uow,
    accounts,
    clock,
    ids,
    config,
  });
  const waiter = createBatchedWaiter<RegistrationProgress>({ load: createProgressLoader(store.db.reads) });
  const register = createRegister({
    uow,
    registrations: createRegistrationReader(store.db.reads),
    accounts,
    waiter,
    policy: credentials.policy,
    hasher: credentials.hasher,
    digest: credentials.digest,
    login: credentials.login,
    openSession: credentials.openSession,
    guard: credentials.guard,
    clock,
    ids,
    mode: config.registrationMode,
    ...config.saga,
  });
  const watch = createWatchRegistration({ waiter, maxMs: 60_000 });

  const security = openServiceSecurity({ ...config, log });
  const readiness = () => readinessOf({ database: store.isUp(), credentials: credentials.ready() });
  const rpc = createRpcServer({
    services: (services) =>
      services.add(AuthService, {
        ...createRegistrationHandlers({ register, watch, waiter }),
        ...credentials.handlers,
        ...passwords.handlers,
        ...emailChanges.handlers,
      }),
    authenticator: { tokens: credentials.verifier, services: security.identity },
    grpcCredentials: security.tls?.server,
    log,
    metrics,
    host: config.host,
    grpcPort: config.grpcPort,
    httpPort: config.httpPort,
    shutdownDelayMs: config.shutdownDelayMs,
    reflection: !config.production,
    isReady: () => readiness().ready,
    plainRoutes: credentials.plainRoutes,
  });

  return {
    readiness,
    async start() {
      store.start();
      security.tls?.start();
      credentials.start();
      await rpc.listen();
    },
    async stop() {
      await rpc.drain();
      await security.tls?.stop();
      await credentials.stop();
      await store.stop();
    },
  };
}

/** Takes registrations through their saga, keeps up with what becomes of users, and sends the mail. */
export async function createAuthWorker(
  deps: AuthDeps<AuthWorkerConfig> & { readonly mailer?: Mailer | undefined },
): Promise<Role> {
  const { config, log, metrics, transport } = deps;
  const { store, clock, ids, uow } = await openAuthStore(deps, "auth-worker");
  const mailLink = createMailLink({ clock, ids, ...config });
  const subscriptions = authSubscriptions({
    advance: createAdvanceRegistration({
      uow,
      clock,
      mailRegistrationProof: createMailRegistrationProof({ clock, mailLink, ...config }),
      ...config.saga,
    }),
    settle: createSettleRegistration({ uow, clock, mailLink }),
    settleEmailChange: createSettleEmailChange({ uow, clock }),
    sendPasswordReset: createSendPasswordReset({ uow, accounts: createAccountReader(store.db.pool), mailLink }),
  });
  const sweeps = [
    createSweepRegistrations({ uow, clock, ...config.saga }),
    createSweepEmailChanges({ uow, clock, ...config.saga }),
  ];
  let sweeping: Periodic | undefined;
  let outgoingMail: Periodic | undefined;
  let backlog: Periodic | undefined;

  /** A thousand a second at most: after a long outage, users-service must not drown in what was asked again. */
  async function sweepAll(): Promise<void> {
    for (const sweep of sweeps) for (let batch = 0; batch < 5; batch++) if ((await sweep(200)) < 200) break;
  }

  return {
    readiness: () => readinessOf({ database: store.isUp(), broker: transport.ready() }),
    async start() {
      store.start();
      const { keepDeadLetter } = store;
      for (const subscription of subscriptions) await transport.subscribe({ ...subscription, keepDeadLetter });
      backlog = startBacklogMonitor({ pool: store.db.pool, log, metrics });
      outgoingMail = startOutgoingMail({ ...deps, pool: store.db.pool, clock });
      if (failpoints?.isOn("sweep.skip")) return;
      sweeping = startPeriodic({
        name: "saga sweep",
        everyMs: 1_000,
        log,
        work: sweepAll,
      });
    },
    async stop() {
      await transport.drain();
      await Promise.all([sweeping?.stop(), outgoingMail?.stop(), backlog?.stop()]);
      await store.stop();
    },
  };
}

/** Both roles stand on this: the database, the unit of work, and the relay of what it leaves in the outbox. */
async function openAuthStore({ config, log, transport }: AuthDeps<AuthWorkerConfig | AuthApiConfig>, role: string) {
  const store = await openServiceStore({
    schema: "auth",
    url: config.databaseUrl,
    entities: [AccountRow],
    applicationName: `limen ${role}`,
    poolSize: config.databasePoolSize,
    idleTransactionMs: config.idleTransactionMs,
    log,
    transport,
  });
  const clock = { now: () => new Date() };
  const ids = { next: () => uuidv7() };
  const uow = createPostgresUnitOfWork({
    transactions: store.transactions,
    ids,
    clock,
    log,
    onMessages: store.handOver,
  });
  return { store, clock, ids, uow };
}
