import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Code, createClient } from "@connectrpc/connect";
import { Client, credentials } from "@grpc/grpc-js";
import { service as healthService } from "grpc-health-check";
import { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { UserService } from "../../../proto/gen/limen/users/v1/user_service_pb.ts";
import { ada, bearer, code, echo, gatewayCredential, startRpcServer } from "./rpc-server.fixture.ts";

function health(port: number, method: "Check"): Promise<{ status: string }> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const definition = healthService[method];
  assert.ok(definition);
  return new Promise<{ status: string }>((resolve, reject) => {
    client.makeUnaryRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      { service: "limen.users.v1.UserService" },
      (error, value) => (error === null ? resolve(value as { status: string }) : reject(error)),
    );
  }).finally(() => client.close());
}

describe("health", () => {
  it("follows readiness", async () => {
    let ready = true;
    await using server = await startRpcServer({ services: echo, isReady: () => ready });
    assert.equal((await health(server.grpcPort, "Check")).status, "SERVING");
    ready = false;
    while ((await health(server.grpcPort, "Check")).status !== "NOT_SERVING");
  });

  it("is waited for before anybody can call", async () => {
    let asked = 0;
    await using server = await startRpcServer({ services: echo, isReady: () => ++asked > 3 });
    assert.ok(asked > 3);
    assert.equal((await health(server.grpcPort, "Check")).status, "SERVING");
  });
});

describe("draining", () => {
  it("lets calls finish, ends streams and takes no more", async () => {
    const finish = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    let calls = 0;
    await using server = await startRpcServer({
      services(registry) {
        registry.add(UserService, {
          async getUser({ id }) {
            if (++calls === 2) entered.resolve();
            await finish.promise;
            return { user: { id } };
          },
        });
        registry.add(AuthService, {
          async *watchRevocations() {
            yield {};
            await new Promise(() => {});
          },
        });
      },
    });
    const { transports } = server;
    const working = [transports.grpc, transports["connect json"]].map((transport) =>
      createClient(UserService, transport).getUser({ id: "me" }, { headers: bearer("user", ada) }),
    );
    const stream = createClient(AuthService, transports.grpc)
      .watchRevocations({}, { headers: gatewayCredential })
      [Symbol.asyncIterator]();
    await stream.next();
    await entered.promise;
    const drained = server.drain();
    await assert.rejects(stream.next(), code(Code.Unavailable));
    await assert.rejects(fetch(`http://127.0.0.1:${server.httpPort}/`));
    finish.resolve();
    for (const answer of await Promise.all(working)) assert.equal(answer.user?.id, ada);
    await drained;
  });

  it("begins when others have had time to learn of it", async () => {
    await using server = await startRpcServer({
      services: (registry) => registry.add(UserService, { getUser: ({ id }) => ({ user: { id } }) }),
      shutdownDelayMs: 2_000,
    });
    const drained = server.drain();
    while ((await health(server.grpcPort, "Check")).status !== "NOT_SERVING");
    for (const transport of Object.values(server.transports)) {
      await createClient(UserService, transport).getUser({ id: "me" }, { headers: bearer("user", ada) });
    }
    await drained;
    await assert.rejects(fetch(`http://127.0.0.1:${server.httpPort}/`));
  });

  it("does not wait for ever", async () => {
    await using server = await startRpcServer({
      services: (registry) => registry.add(UserService, { getUser: () => new Promise(() => {}) }),
      drainMs: 50,
    });
    const answers = Object.values(server.transports).map((transport) =>
      createClient(UserService, transport).getUser({ id: "me" }, { headers: bearer("user", ada) }),
    );
    const outcomes = Promise.allSettled(answers);
    await server.drain();
    for (const outcome of await outcomes) assert.equal(outcome.status, "rejected");
  });
});
