import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { Registration_State } from "../proto/gen/limen/auth/v1/auth_pb.ts";
import { AuthService } from "../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { UserService } from "../proto/gen/limen/users/v1/user_service_pb.ts";
import { DomainError } from "../services/platform/errors.ts";
import { type Caller, callerOf } from "../services/platform/rpc/caller.ts";
import { startRpcServer } from "../services/platform/rpc/rpc-server.fixture.ts";
import { createServiceCredentials } from "../services/platform/rpc/service-credentials.ts";
import { readGatewayConfig } from "./config.ts";
import { createGatewayRole, type GatewayRole } from "./role.ts";
import { silentLog } from "./testing/gateway.ts";

const closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A service that has only its health to tell. */
async function serveHealth() {
  const server = new Server();
  const health = new HealthImplementation({ "": "NOT_SERVING" });
  health.addToServer(server);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
    error ? reject(error) : resolve(port),
  );
  closing.push(() => server.forceShutdown());
  return { target: `127.0.0.1:${await promise}`, health };
}

async function startRole(targets: { users: string; auth: string }, env: NodeJS.ProcessEnv = {}): Promise<GatewayRole> {
  const config = readGatewayConfig({
    ...env,
    PORT: "0",
    HOST: "127.0.0.1",
    SERVICE_CREDENTIALS: "gateway=secret",
    USERS_GRPC_TARGET: targets.users,
    AUTH_GRPC_TARGET: targets.auth,
  });
  const role = await createGatewayRole({ config, log: silentLog });
  await role.start();
  closing.push(() => role.stop());
  return role;
}

async function becomesReady(role: GatewayRole): Promise<void> {
  const deadline = AbortSignal.timeout(5_000);
  while (!role.readiness().ready) {
    deadline.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Whatever JSON the gateway sent; each test says what it expects of it. */
const json = async (response: Response): Promise<ReturnType<typeof JSON.parse>> => response.json();

describe("gateway role", () => {
  it("is ready when both services have been, and stays so when one goes away", async () => {
    const [users, auth] = [await serveHealth(), await serveHealth()];
    const role = await startRole({ users: users.target, auth: auth.target });
    const readyz = () => fetch(`http://127.0.0.1:${role.port()}/readyz`).then(({ status }) => status);
    users.health.setStatus("", "SERVING");
    assert.equal(await readyz(), 503);
    assert.ok(role.readiness().reasons.includes("auth-service"));
    auth.health.setStatus("", "SERVING");
    await becomesReady(role);
    assert.equal(await readyz(), 200);
    users.health.setStatus("", "NOT_SERVING");
    assert.equal(await readyz(), 200);
  });

  it("serves on for a while after the word to stop, and is out of rotation meanwhile", async () => {
    const [users, auth] = [await serveHealth(), await serveHealth()];
    for (const { health } of [users, auth]) health.setStatus("", "SERVING");
    const role = await startRole({ users: users.target, auth: auth.target }, { SHUTDOWN_DELAY: "1s" });
    await becomesReady(role);
    const get = (path: string) =>
      fetch(`http://127.0.0.1:${role.port()}${path}`, { headers: { connection: "close" } }).then(
        ({ status }) => status,
      );
    const stopped = role.stop();
    assert.deepEqual([await get("/readyz"), await get("/openapi.json")], [503, 200]);
    await stopped;
    await assert.rejects(get("/livez"));
  });

  it("carries requests, answers, failures and streams between HTTP and gRPC", async () => {
    const callers: Caller[] = [];
    const server = await startRpcServer({
      authenticator: {
        services: createServiceCredentials([["gateway", "secret"]]),
        tokens: {
          verify: async () => ({
            userId: "u1",
            sessionId: "s1",
            roles: ["user"],
            emailVerified: true,
            expireTime: new Date(),
          }),
        },
      },
      services: (services) => {
        services.add(AuthService, {
          login() {
            throw new DomainError("unauthenticated", "INVALID_CREDENTIALS", "wrong");
          },
          listSessions(_request, context) {
            callers.push(callerOf(context));
            return { sessions: [{ id: "s1", current: true }] };
          },
          async *watchRegistration() {
            yield { registration: { state: Registration_State.CREATING } };
            yield { registration: { state: Registration_State.COMPLETED } };
          },
        });
        services.add(UserService, {});
      },
    });
    closing.push(async () => void (await server[Symbol.asyncDispose]()));
    const target = `127.0.0.1:${server.grpcPort}`;
    const role = await startRole({ users: target, auth: target });
    const api = `http://127.0.0.1:${role.port()}/api/v1`;

    const headers = { authorization: "Bearer t", "user-agent": "test" };
    const sessions = await fetch(`${api}/auth/sessions`, { headers });
    assert.equal(sessions.status, 200, await sessions.clone().text());
    assert.deepEqual([(await json(sessions)).sessions[0].id, callers[0]?.service], ["s1", "gateway"]);
    assert.deepEqual(
      [callers[0]?.clientIp, callers[0]?.userAgent, callers[0]?.user?.userId],
      ["127.0.0.1", "test", "u1"],
    );

    const post = { method: "POST", headers: { "content-type": "application/json" } };
    const login = await fetch(`${api}/auth/login`, { ...post, body: '{"email":"a","password":"b"}' });
    assert.deepEqual([login.status, (await json(login)).reason], [401, "INVALID_CREDENTIALS"]);
    const invalid = await fetch(`${api}/auth/login`, { ...post, body: '{"email":"a"}' });
    assert.deepEqual([invalid.status, (await json(invalid)).violations[0].field], [400, "password"]);

    const id = "019a9c3e-5a7b-7c12-9a4e-0f1d2c3b4a59";
    const watched = await (await fetch(`${api}/auth/registrations/${id}:watch`)).text();
    assert.deepEqual(
      [...watched.matchAll(/"state":"(\w+)"/g)].map(([, state]) => state),
      ["CREATING", "COMPLETED"],
    );
  });

  it("answers with a problem while a service is away", async () => {
    const role = await startRole({ users: "127.0.0.1:1", auth: "127.0.0.1:1" });
    const response = await fetch(`http://127.0.0.1:${role.port()}/api/v1/auth/sessions`);
    assert.deepEqual([response.status, response.headers.get("retry-after")], [503, "1"]);
    assert.doesNotMatch(await response.text(), /127\.0\.0\.1|ECONNREFUSED/);
  });

  it("is not ready any more when it stops, and frees its port", async () => {
    const role = await startRole({ users: "127.0.0.1:1", auth: "127.0.0.1:1" });
    const port = role.port();
    closing.pop();
    await role.stop();
    assert.ok(role.readiness().reasons.includes("open"));
    await assert.rejects(fetch(`http://127.0.0.1:${port}/livez`));
  });
});
