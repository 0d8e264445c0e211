import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { durationFromMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { freePort } from "../../deploy/local/ports.ts";
import { AuthService } from "../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { UserCreation_State } from "../../proto/gen/limen/users/v1/user_pb.ts";
import { UserService } from "../../proto/gen/limen/users/v1/user_service_pb.ts";
import { createTestDatabase, type TestDatabase } from "../../tests/support/postgres.ts";
import { migrateSchema } from "../platform/database/migrate.ts";
import { createLog } from "../platform/log.ts";
import { createInProcessTransport } from "../platform/messaging/in-process-transport.ts";
import { createMetrics } from "../platform/process-metrics.ts";
import type { Role } from "../platform/role.ts";
import { createGrpcTransport, type GrpcTransport } from "../platform/rpc/grpc-transport.ts";
import { startRpcServer, type TestServer } from "../platform/rpc/rpc-server.fixture.ts";
import { sleep } from "../platform/timing.ts";
import { createUsersApi, createUsersWorker } from "./app.ts";
import { readUsersApiConfig } from "./config.ts";
import { usersSchema } from "./infrastructure/migrations.ts";

const { privateKey, publicKey } = await generateKeyPair("Ed25519");
const revokedSession = randomUUID();

/** What users-service needs of auth: its keys, and which sessions are revoked. */
const startAuth = async (): Promise<TestServer> => {
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "k1", alg: "EdDSA", use: "sig" }] });
  return startRpcServer({
    services: (services) =>
      services.add(AuthService, {
        async *watchRevocations(_, { signal }) {
          const expireTime = timestampFromDate(new Date(Date.now() + 600_000));
          yield { revocations: [{ sessionId: revokedSession, expireTime }] };
          while (!signal.aborted) {
            await sleep(500, signal);
            yield { revocations: [] };
          }
        },
      }),
    plainRoutes: {
      "/.well-known/jwks.json": async () => ({
        status: 200,
        headers: { "content-type": "application/json" },
        body: keys,
      }),
    },
  });
};

const accessToken = (sessionId: string, roles: string[]) =>
  new SignJWT({ sid: sessionId, roles })
    .setProtectedHeader({ alg: "EdDSA", kid: "k1", typ: "at+jwt" })
    .setIssuer("limen")
    .setAudience("limen")
    .setSubject(randomUUID())
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime("10m")
    .sign(privateKey);

const as = async (sessionId: string, ...roles: string[]) => ({
  headers: { authorization: `Bearer ${await accessToken(sessionId, roles)}` },
});

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 5_000; !condition(); ) {
    if (Date.now() > deadline) assert.fail("it did not come true within 5 s");
    await sleep(10);
  }
}

describe("users-service", () => {
  let database: TestDatabase;
  let auth: TestServer;
  let roles: Role[] = [];
  let channel: GrpcTransport;
  let client: Client<typeof UserService>;

  before(async () => {
    database = await createTestDatabase();
    await migrateSchema(database.url, usersSchema);
    auth = await startAuth();
    const config = readUsersApiConfig({
      HOST: "127.0.0.1",
      USERS_GRPC_PORT: String(await freePort()),
      USERS_HTTP_PORT: "0",
      USERS_DATABASE_URL: database.url,
      AUTH_GRPC_TARGET: `127.0.0.1:${auth.grpcPort}`,
      JWKS_URL: `http://127.0.0.1:${auth.httpPort}/.well-known/jwks.json`,
      SERVICE_CREDENTIALS: "users=other",
    });
    const log = createLog("silent", "test");
    const transport = createInProcessTransport({ log });
    await transport.subscribe({
      queue: "auth_user_events",
      bindings: ["limen.users.v1.UserCreated"].map((routingKey) => ({ exchange: "limen.events", routingKey })),
      handle: async () => {},
    });
    const deps = { config, log, transport, metrics: createMetrics("test") };
    roles = [await createUsersApi(deps), await createUsersWorker(deps)];
    for (const role of roles) await role.start();
    channel = createGrpcTransport({ target: `127.0.0.1:${config.grpcPort}` });
    client = createClient(UserService, channel);
  });

  after(async () => {
    channel?.close();
    for (const role of roles) await role.stop();
    await auth?.[Symbol.asyncDispose]();
    await database?.drop();
  });

  it("is ready once it knows its database, auth's keys and its revocations", async () => {
    await until(() => roles.every((role) => role.readiness().ready));
  });

  it("creates a user by a command that travels from one role to the other", async () => {
    const wish = { name: "Zoë", email: "zoe@example.com", wait: durationFromMs(5_000) };
    const { creation, user } = await client.createUser(wish, await as(randomUUID(), "user", "admin"));
    assert.equal(creation?.state, UserCreation_State.CREATED);
    assert.equal(user?.email, wish.email);
  });

  it("refuses the token of a revoked session", async () => {
    await assert.rejects(
      client.listUsers({}, await as(revokedSession, "user", "admin")),
      (error) => error instanceof ConnectError && error.code === Code.Unauthenticated,
    );
  });

  it("is ready no more when auth is gone and its news is old", async () => {
    await auth.drain();
    await until(() => roles.some((role) => !role.readiness().ready));
    assert.deepEqual(roles[0]?.readiness().reasons, ["revocations"]);
  });
});
