import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, it } from "node:test";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { UserService } from "../../../proto/gen/limen/users/v1/user_service_pb.ts";
import { DomainError } from "../errors.ts";
import { callerOf } from "./caller.ts";
import { reasonOf } from "./connect-errors.ts";
import { createGrpcTransport, type GrpcTransportOptions } from "./grpc-transport.ts";
import { startRpcServer } from "./rpc-server.fixture.ts";

const ada = "01890a5d-ac96-774b-bcce-b302099a8057";

describe("gRPC transport", () => {
  it("shows the service who calls, over as many connections as it is told", async () => {
    await using server = await startRpcServer({
      services: (registry) =>
        registry.add(UserService, {
          batchGetUsers: (_, context) => ({ users: [{ name: callerOf(context).service ?? "" }] }),
        }),
    });
    using transport = openTransport({
      target: `127.0.0.1:${server.grpcPort}`,
      serviceCredential: "gateway:open sesame",
      connections: 3,
    });
    const client = createClient(UserService, transport);
    const answers = await Promise.all(Array.from({ length: 6 }, () => client.batchGetUsers({ ids: [ada] })));
    assert.deepEqual(new Set(answers.map(({ users }) => users[0]?.name)), new Set(["gateway"]));
  });

  it("applies interceptors", async () => {
    await using server = await startRpcServer({
      services: (registry) =>
        registry.add(AuthService, {
          getJwks: (_, context) => ({ keys: [{ kid: context.requestHeader.get("x-name") ?? "" }] }),
        }),
    });
    const name: Interceptor = (next) => (req) => {
      req.header.set("x-name", "intercepted");
      return next(req);
    };
    using transport = openTransport({ target: `127.0.0.1:${server.grpcPort}`, interceptors: [name] });
    const { keys } = await createClient(AuthService, transport).getJwks({});
    assert.equal(keys[0]?.kid, "intercepted");
  });

  it("tells the service how much time its caller allows, each call by itself", async () => {
    await using server = await startRpcServer({
      services: (registry) =>
        registry.add(AuthService, {
          getJwks: (_, context) => ({ keys: [{ kid: allowance(context.timeoutMs()) }] }),
        }),
    });
    const allowance = (ms: number | undefined) => (ms === undefined ? "unlimited" : `${Math.ceil(ms / 10_000)}0 s`);
    using transport = openTransport({ target: `127.0.0.1:${server.grpcPort}`, defaultTimeoutMs: 60_000 });
    const client = createClient(AuthService, transport);
    const allowed = [{}, { timeoutMs: 30_000 }, { timeoutMs: 0 }, {}].map((options) => client.getJwks({}, options));
    const answers = await Promise.all(allowed);
    assert.deepEqual(
      answers.map(({ keys }) => keys[0]?.kid),
      ["60 s", "30 s", "unlimited", "60 s"],
    );
  });

  it("tries again what has no side effects, and nothing else", async () => {
    const calls = { getJwks: 0, logout: 0 };
    const away = () => new DomainError("unavailable", "DEPENDENCY_UNAVAILABLE", "the database is away");
    await using server = await startRpcServer({
      services: (registry) =>
        registry.add(AuthService, {
          getJwks() {
            if (++calls.getJwks < 3) throw away();
            return {};
          },
          validateToken() {
            calls.logout++;
            throw away();
          },
        }),
    });
    using transport = openTransport({ target: `127.0.0.1:${server.grpcPort}`, retry: [AuthService] });
    const client = createClient(AuthService, transport);
    await client.getJwks({});
    await assert.rejects(client.validateToken({ accessToken: "x" }), (error) => {
      assert.ok(error instanceof ConnectError);
      assert.equal(reasonOf(error), "DEPENDENCY_UNAVAILABLE");
      return true;
    });
    assert.deepEqual(calls, { getJwks: 3, logout: 1 });
  });

  it("cancels a stream whose signal is aborted", async () => {
    const left = Promise.withResolvers<void>();
    await using server = await startRpcServer({
      services: (registry) =>
        registry.add(AuthService, {
          async *watchRevocations(_, context) {
            context.signal.addEventListener("abort", () => left.resolve());
            yield {};
            await left.promise;
          },
        }),
    });
    using transport = openTransport({
      target: `127.0.0.1:${server.grpcPort}`,
      serviceCredential: "users:other",
    });
    const reader = new AbortController();
    const answers = createClient(AuthService, transport).watchRevocations({}, { signal: reader.signal });
    await assert.rejects(
      async () => {
        for await (const _ of answers) reader.abort();
      },
      { code: Code.Canceled },
    );
    await left.promise;
  });

  it("reads a stream that is written faster than it is read, in order and whole", async () => {
    const count = 500;
    await using server = await startRpcServer({
      services: (registry) =>
        registry.add(AuthService, {
          async *watchRevocations() {
            for (let i = 0; i < count; i++) yield { revocations: [{ sessionId: `${i}`.padEnd(1000) }] };
          },
        }),
    });
    using transport = openTransport({
      target: `127.0.0.1:${server.grpcPort}`,
      serviceCredential: "users:other",
    });
    const ids: number[] = [];
    for await (const { revocations } of createClient(AuthService, transport).watchRevocations({})) {
      ids.push(Number(revocations[0]?.sessionId));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(
      ids,
      Array.from({ length: count }, (_, i) => i),
    );
  });

  it("calls over the connections that there are, while others are broken", async () => {
    await using server = await startRpcServer({
      services: (registry) => registry.add(AuthService, { getJwks: () => ({}) }),
    });
    await using door = await openDoor(server.grpcPort, { places: 1 });
    using transport = openTransport({ target: `127.0.0.1:${door.port}`, connections: 3 });
    const client = createClient(AuthService, transport);
    const call = () => client.getJwks({}).then(() => "answered" as const, ConnectError.from);
    const first = [await call(), await call(), await call()];
    const later = [await call(), await call(), await call(), ...(await Promise.all([call(), call()]))];
    assert.equal(first.filter((answer) => answer === "answered").length, 1);
    assert.deepEqual(new Set(later), new Set(["answered"]));
  });

  it("sends what is asked for in one turn over as few connections as carry it well", async () => {
    await using server = await startRpcServer({
      services: (registry) => registry.add(AuthService, { getJwks: () => ({}) }),
    });
    await using door = await openDoor(server.grpcPort, { places: 9 });
    using transport = openTransport({ target: `127.0.0.1:${door.port}`, connections: 4 });
    const client = createClient(AuthService, transport);
    const calls = (count: number) => Promise.all(Array.from({ length: count }, () => client.getJwks({})));
    await calls(4);
    assert.equal(door.passed(), 1);
    await calls(5);
    assert.equal(door.passed(), 3);
    await calls(1);
    assert.equal(door.passed(), 4);
    await calls(40);
    assert.equal(door.passed(), 4);
  });

  it("calls over connections that have nothing to do, while others are at work", async () => {
    const answer = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    let waiting = 0;
    await using server = await startRpcServer({
      services: (registry) =>
        registry.add(AuthService, {
          getJwks: () => ({}),
          async validateToken() {
            if (++waiting === 4) arrived.resolve();
            await answer.promise;
            return {};
          },
        }),
    });
    await using door = await openDoor(server.grpcPort, { places: 3 });
    using transport = openTransport({ target: `127.0.0.1:${door.port}`, connections: 3 });
    const client = createClient(AuthService, transport);
    const callEach = async () => {
      for (const _ of ["first", "second", "third"]) await client.getJwks({});
    };
    await callEach();
    const slow = Promise.all(Array.from({ length: 4 }, () => client.validateToken({ accessToken: "x" })));
    await arrived.promise;
    const before = door.sent();
    await callEach();
    const idle = door.sent().filter((bytes, index) => bytes === before[index]);
    answer.resolve();
    await slow;
    assert.equal(idle.length, 1);
  });

  it("counts a stream as at work until it ends", async () => {
    await using server = await startRpcServer({
      services: (registry) =>
        registry.add(AuthService, {
          getJwks: () => ({}),
          async *watchRevocations(_, { signal }) {
            yield {};
            if (!signal.aborted) await once(signal, "abort");
          },
        }),
    });
    await using door = await openDoor(server.grpcPort, { places: 2 });
    using transport = openTransport({
      target: `127.0.0.1:${door.port}`,
      serviceCredential: "gateway:open sesame",
      connections: 2,
    });
    const client = createClient(AuthService, transport);
    const used = async () => {
      const before = door.sent();
      for (const _ of ["first", "second", "third"]) await client.getJwks({});
      return door.sent().filter((bytes, index) => bytes !== before[index]).length;
    };
    await used();
    const watching = new AbortController();
    const watched = client.watchRevocations({}, { signal: watching.signal })[Symbol.asyncIterator]();
    await watched.next();
    assert.equal(await used(), 1);
    watching.abort();
    await assert.rejects(watched.next());
    assert.equal(await used(), 2);
  });

  it("finds a service that comes back", async () => {
    const services = (registry: Parameters<Parameters<typeof startRpcServer>[0]["services"]>[0]) =>
      registry.add(AuthService, { getJwks: () => ({}) });
    const first = await startRpcServer({ services });
    using transport = openTransport({ target: `127.0.0.1:${first.grpcPort}` });
    const client = createClient(AuthService, transport);
    await client.getJwks({});
    await first[Symbol.asyncDispose]();
    await assert.rejects(client.getJwks({}), { code: Code.Unavailable });
    await using _second = await startRpcServer({ services, grpcPort: first.grpcPort });
    const deadline = Date.now() + 3000;
    const retry = async (): Promise<unknown> =>
      client.getJwks({}).catch((error) => (Date.now() < deadline ? retry() : Promise.reject(error)));
    await retry();
  });
});

/** Closed before the server that it calls, which otherwise would wait for it. */
function openTransport(options: GrpcTransportOptions) {
  const transport = createGrpcTransport(options);
  return Object.assign(transport, { [Symbol.dispose]: transport.close });
}

/** Lets so many connections through to the port, and hangs up on all others. */
async function openDoor(port: number, { places }: { readonly places: number }) {
  const passed: Socket[] = [];
  const door = createServer((socket) => {
    if (passed.length === places) return socket.destroy();
    const inner = connect(port, "127.0.0.1");
    passed.push(inner);
    socket.pipe(inner).pipe(socket);
    socket.on("close", () => inner.destroy());
  }).listen(0, "127.0.0.1");
  await once(door, "listening");
  return {
    port: (door.address() as AddressInfo).port,
    passed: () => passed.length,
    /** By the client, over each connection, in bytes. */
    sent: () => passed.map(({ bytesWritten }) => bytesWritten),
    async [Symbol.asyncDispose]() {
      door.close();
      await once(door, "close");
    },
  };
}
