import { createClient } from "@connectrpc/connect";
import type { Registry } from "prom-client";
import { AuthService } from "../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { UserService } from "../../proto/gen/limen/users/v1/user_service_pb.ts";
import { failpoints } from "../platform/failpoints.ts";
import { uuidv7 } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Transport } from "../platform/messaging/message.ts";
import { type Periodic, startPeriodic } from "../platform/periodic.ts";
import { type Role, readinessOf } from "../platform/role.ts";
import { createRevocationFollower } from "../platform/rpc/follow-revocations.ts";
import { createGrpcTransport } from "../platform/rpc/grpc-transport.ts";
import { createRemoteJwks } from "../platform/rpc/remote-jwks.ts";
import { createRevocationSet } from "../platform/rpc/revocation-set.ts";
import { createRpcServer } from "../platform/rpc/rpc-server.ts";
import { openServiceSecurity, type ServiceSecurity } from "../platform/rpc/service-security.ts";
import { createTokenVerifier } from "../platform/rpc/token-verifier.ts";
import { openServiceStore } from "../platform/service-store.ts";
import { createCancelUserCreation } from "./application/cancel-user-creation.ts";
import { createCancelUserEmailChange } from "./application/cancel-user-email-change.ts";
import { createChangeUserEmail } from "./application/change-user-email.ts";
import { createCreateUser } from "./application/create-user.ts";
import { createCreateUsers } from "./application/create-users.ts";
import { createDeleteUser } from "./application/delete-user.ts";
import { createReactivateUser } from "./application/reactivate-user.ts";
import { createRequestUserCreation } from "./application/request-user-creation.ts";
import { createSuspendUser } from "./application/suspend-user.ts";
import { createSweepCreations } from "./application/sweep-creations.ts";
import { createUpdateUser } from "./application/update-user.ts";
import type { UsersApiConfig, UsersWorkerConfig } from "./config.ts";
import { createCreationWaiter } from "./infrastructure/creation-waiter.ts";
import { userCommands } from "./infrastructure/message-consumer.ts";
import { CreationRow, UserRow } from "./infrastructure/postgres-schema.ts";
import { createPostgresUnitOfWork } from "./infrastructure/postgres-unit-of-work.ts";
import { createPostgresUserReader } from "./infrastructure/postgres-user-reader.ts";
import { createUserService } from "./infrastructure/rpc-user-service.ts";

export interface UsersDeps<Config> {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Registry;
  readonly transport: Transport;
}

/** Answers about people, and changes them on behalf of whoever may. */
export async function createUsersApi(deps: UsersDeps<UsersApiConfig>): Promise<Role> {
  const { config, log, metrics } = deps;
  const { store, clock, ids, uow } = await openUsersStore(deps, "users-api");
  const reader = createPostgresUserReader(store.db.reads);
  const userService = createUserService({
    reader,
    requestUserCreation: createRequestUserCreation({
      uow,
      ids,
      clock,
      decisions: createCreationWaiter({ reader, log }),
      answerSchedule: config.answerSchedule,
    }),
    updateUser: createUpdateUser({ uow, clock }),
    suspendUser: createSuspendUser({ uow, clock }),
    reactivateUser: createReactivateUser({ uow, clock }),
    deleteUser: createDeleteUser({ uow, clock }),
  });

  const security = openServiceSecurity({ ...config, log });
  const tokens = createTokens(config, security, log);
  const readiness = () => readinessOf({ database: store.isUp(), ...tokens.conditions() });
  const rpc = createRpcServer({
    services: (services) => services.add(UserService, userService),
    authenticator: { tokens: tokens.verifier, services: security.identity },
    grpcCredentials: security.tls?.server,
    log,
    metrics,
    host: config.host,
    grpcPort: config.grpcPort,
    httpPort: config.httpPort,
    shutdownDelayMs: config.shutdownDelayMs,
    reflection: !config.production,
    isReady: () => readiness().ready,
  });

  return {
    readiness,
    async start() {
      store.start();
      security.tls?.start();
      tokens.start();
      await rpc.listen();
    },
    async stop() {
      await rpc.drain();
      await tokens.stop();
      await security.tls?.stop();
      await store.stop();
    },
  };
}

/** Creates users, whoever asked for them. */
export async function createUsersWorker(deps: UsersDeps<UsersWorkerConfig>): Promise<Role> {
  const { config, log, transport } = deps;
  const { store, clock, uow } = await openUsersStore(deps, "users-worker");
  const subscription = userCommands({
    createUser: createCreateUser({ uow, clock }),
    createUsers: createCreateUsers({ uow, clock }),
    cancelUserCreation: createCancelUserCreation({ uow, clock }),
    changeUserEmail: createChangeUserEmail({ uow, clock }),
    cancelUserEmailChange: createCancelUserEmailChange({ uow, clock }),
  });
  const sweep = createSweepCreations({ uow, clock, answerSchedule: config.answerSchedule });
  let sweeping: Periodic | undefined;

  return {
    readiness: () => readinessOf({ database: store.isUp(), broker: transport.ready() }),
    async start() {
      store.start();
      await transport.subscribe({ ...subscription, keepDeadLetter: store.keepDeadLetter });
      if (failpoints?.isOn("sweep.skip")) return;
      sweeping = startPeriodic({
        name: "creation sweep",
        everyMs: 1_000,
        log,
        work: async () => void (await sweep(200)),
      });
    },
    async stop() {
      await transport.drain();
      await sweeping?.stop();
      await store.stop();
    },
  };
}

/** Both roles stand on this: the database, the unit of work, and the relay of what it leaves in the outbox. */
async function openUsersStore({ config, log, transport }: UsersDeps<UsersWorkerConfig>, role: string) {
  const store = await openServiceStore({
    schema: "users",
    url: config.databaseUrl,
    entities: [UserRow, CreationRow],
    applicationName: `limen ${role}`,
    poolSize: config.databasePoolSize,
    idleTransactionMs: config.idleTransactionMs,
    log,
    transport,
  });
  const clock = { now: () => new Date() };
  const ids = { next: () => uuidv7() };
  const uow = createPostgresUnitOfWork({ transactions: store.transactions, ids, clock, onMessages: store.handOver });
  return { store, clock, ids, uow };
}

/** Older news than this about revoked sessions counts as none. */
const maxStalenessMs = 5_000;

/** Access tokens are judged here: by the keys and the revocations that auth publishes. */
function createTokens(config: UsersApiConfig, security: ServiceSecurity, log: Log) {
  const auth = createGrpcTransport({
    target: config.authGrpcTarget,
    credentials: security.tls?.client,
    serviceCredential: security.credentialOf("users"),
  });
  const client = createClient(AuthService, auth);
  const source = config.jwksUrl ?? (async () => (await client.getJwks({}, { timeoutMs: 2_000 })).keys);
  const keys = createRemoteJwks({ source, log });
  const revocations = createRevocationSet({ maxStalenessMs });
  const follower = createRevocationFollower({ client, revocations, log });
  return {
    verifier: createTokenVerifier({ ...config.tokens, keys: keys.keys, revocations }),
    conditions: () => ({ keys: keys.ready(), revocations: revocations.ready() }),
    start() {
      void keys.start();
      follower.start();
    },
    async stop() {
      keys.stop();
      await follower.stop();
      auth.close();
    },
  };
}
