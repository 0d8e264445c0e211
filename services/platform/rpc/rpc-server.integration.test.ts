import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, createClient } from "@connectrpc/connect";
import { Client, credentials } from "@grpc/grpc-js";
import { AuthService, LoginRequestSchema } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { UserService } from "../../../proto/gen/limen/users/v1/user_service_pb.ts";
import { callerOf } from "./caller.ts";
import { ada, bearer, code, echo, gatewayCredential, startRpcServer } from "./rpc-server.fixture.ts";

const bob = "01890a5d-ac96-774b-bcce-b302099a8058";

function connectJson(
  port: number,
  method: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) {
  return fetch(`http://127.0.0.1:${port}/limen.users.v1.UserService/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
}

/** Sends bytes as they are and resolves with everything that comes back until the connection closes. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(text);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  await once(socket, "close");
  return answer;
}

describe("callers", () => {
  it('knows a person by their token and shows them themselves as "me"', async () => {
    await using server = await startRpcServer({ services: echo });
    for (const transport of Object.values(server.transports)) {
      const client = createClient(UserService, transport);
      const { user } = await client.getUser({ id: "me" }, { headers: bearer("user", ada) });
      assert.equal(user?.id, ada);
      await assert.rejects(
        client.getUser({ id: bob }, { headers: bearer("user", ada) }),
        code(Code.PermissionDenied, "NOT_OWNER"),
      );
      const seen = await client.getUser({ id: bob }, { headers: bearer("admin", ada) });
      assert.equal(seen.user?.id, bob);
    }
  });

  it("security 10: believes the gateway about addresses, and nobody else", async () => {
    const seen: string[] = [];
    await using server = await startRpcServer({
      services: (registry) =>
        registry.add(AuthService, {
          getJwks: (_, context) => {
            const { clientIp, userAgent, acceptLanguage, service } = callerOf(context);
            seen.push(`${service} ${clientIp} ${userAgent} ${acceptLanguage}`);
            return {};
          },
        }),
    });
    const claims = {
      "limen-client-ip": "203.0.113.7",
      "limen-user-agent": "Firefox",
      "limen-accept-language": "es-MX",
    };
    for (const transport of Object.values(server.transports)) {
      seen.length = 0;
      const client = createClient(AuthService, transport);
      await client.getJwks({}, { headers: { ...claims, ...gatewayCredential } });
      await client.getJwks({}, { headers: { ...claims, "limen-service-credential": "users:other" } });
      await client.getJwks({}, { headers: claims });
      assert.equal(seen[0], "gateway 203.0.113.7 Firefox es-MX");
      assert.match(seen[1] ?? "", /^users 127\.0\.0\.1 (?!.*(Firefox|es-MX))/);
      assert.match(seen[2] ?? "", /^undefined 127\.0\.0\.1 (?!.*(Firefox|es-MX))/);
      await assert.rejects(
        client.getJwks({}, { headers: { "limen-service-credential": "gateway:guess" } }),
        code(Code.Unauthenticated, "INVALID_SERVICE_CREDENTIAL"),
      );
    }
  });
});

describe("strict input", () => {
  const headers = bearer("admin", ada);

  it("security 27: refuses text that the database could not store, over every way in", async () => {
    await using server = await startRpcServer({ services: echo });
    for (const transport of Object.values(server.transports)) {
      await assert.rejects(
        createClient(UserService, transport).listUsers({ pageToken: "a\0b" }, { headers }),
        code(Code.InvalidArgument, "INVALID_TEXT"),
      );
    }
  });

  it("security 27: refuses bytes that are not UTF-8, and messages cut short", async () => {
    await using server = await startRpcServer({ services: echo });
    const valid = toBinary(LoginRequestSchema, create(LoginRequestSchema, { email: "abc", password: "p" }));
    const invalid = Uint8Array.from(valid, (byte) => (byte === 0x62 ? 0xff : byte));
    for (const bytes of [invalid, valid.slice(0, 3)]) {
      const http = await fetch(`http://127.0.0.1:${server.httpPort}/limen.auth.v1.AuthService/Login`, {
        method: "POST",
        headers: { "content-type": "application/proto", "x-request-id": "cut" },
        body: bytes,
      });
      assert.equal(http.status, 400);
      assert.equal(http.headers.get("x-request-id"), "cut");
      assert.equal(((await http.json()) as { code: string }).code, "invalid_argument");

      const client = new Client(`127.0.0.1:${server.grpcPort}`, credentials.createInsecure());
      const status = await new Promise((resolve) => {
        const asIs = (value: Buffer) => value;
        client.makeUnaryRequest("/limen.auth.v1.AuthService/Login", asIs, asIs, Buffer.from(bytes), (error) =>
          resolve(error?.code),
        );
      });
      client.close();
      assert.equal(status, Code.InvalidArgument);
    }
    const lines = server.logged.filter((line) => line.event === "rpc");
    assert.equal(lines.length, 4);
    for (const line of lines) assert.equal(line.code, "invalid_argument");
  });

  it("security 27: refuses unknown fields, lone surrogates and JSON that is not UTF-8", async () => {
    await using server = await startRpcServer({ services: echo });
    const bodies = [
      '{"pageToken":"a","admin":true}',
      '{"__proto__":{"admin":true}}',
      '{"pageToken":"\\ud800"}',
      '{"pageToken":"\\u0000"}',
      '{"pageToken":',
      '{"pageSize":"many"}',
      "[]",
      Buffer.from([0x7b, 0x22, 0x70, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    ];
    for (const body of bodies) {
      const answer = await connectJson(server.httpPort, "ListUsers", body, headers);
      assert.equal(answer.status, 400, String(body));
    }
  });

  it("refuses large messages quickly, and compressed ones", async () => {
    await using server = await startRpcServer({ services: echo });
    const large = await connectJson(server.httpPort, "ListUsers", JSON.stringify({ pageToken: "a".repeat(70_000) }));
    assert.equal(large.status, 429);
    const compressed = await connectJson(server.httpPort, "ListUsers", "{}", { "content-encoding": "gzip" });
    assert.equal(compressed.status, 501);
    await assert.rejects(
      createClient(UserService, server.transports.grpc).listUsers({ pageToken: "a".repeat(1_100_000) }, { headers }),
      code(Code.ResourceExhausted),
    );
  });

  it("survives requests that are not quite HTTP", async () => {
    await using server = await startRpcServer({ services: echo });
    const path = "/limen.users.v1.UserService/GetUser";
    assert.match(await raw(server.httpPort, `POST ${path} HTTP/1.0\r\n\r\n`), /^HTTP\/1\.1 400/);
    assert.match(
      await raw(server.httpPort, `POST ${path} HTTP/1.1\r\nhost: [\r\nconnection: close\r\n\r\n`),
      /^HTTP\/1\.1 400/,
    );
    const answer = await connectJson(server.httpPort, "GetUser", '{"id":"me"}', headers);
    assert.equal(answer.status, 200);
  });
});

describe("the context of an implementation", () => {
  it("can be taken apart, over every way in", async () => {
    const seen: { left: number; path: string; isOver: boolean }[] = [];
    await using server = await startRpcServer({
      services: (registry) =>
        registry.add(AuthService, {
          getJwks: (_, { timeoutMs, signal, url }) => {
            seen.push({ left: timeoutMs() ?? 0, path: new URL(url).pathname, isOver: signal.aborted });
            return {};
          },
        }),
    });
    for (const transport of Object.values(server.transports)) {
      await createClient(AuthService, transport).getJwks({}, { timeoutMs: 5_000 });
    }
    assert.equal(seen.length, 4);
    for (const { left, path, isOver } of seen) {
      assert.ok(left > 0 && left <= 5_000, `${left} ms`);
      assert.deepEqual([path, isOver], ["/limen.auth.v1.AuthService/GetJwks", false]);
    }
  });
});

describe("a deadline that the client does not keep itself", () => {
  it("is kept by the server", async () => {
    await using server = await startRpcServer({
      services: (registry) => registry.add(UserService, { getUser: () => new Promise(() => {}) }),
      defaultTimeoutMs: 100,
    });
    const own = await connectJson(server.httpPort, "GetUser", '{"id":"me"}', {
      ...bearer("user", ada),
      "connect-timeout-ms": "20",
    });
    assert.equal(((await own.json()) as { code: string }).code, "deadline_exceeded");
    const none = await connectJson(server.httpPort, "GetUser", '{"id":"me"}', bearer("user", ada));
    assert.equal(((await none.json()) as { code: string }).code, "deadline_exceeded");
    const grpc = createClient(UserService, server.transports.grpc);
    await assert.rejects(grpc.getUser({ id: "me" }, { headers: bearer("user", ada) }), code(Code.DeadlineExceeded));
  });
});

describe("what is told of calls", () => {
  it("security 29: is one line with known fields, and nothing of the message", async () => {
    await using server = await startRpcServer({ services: echo });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const headers = { ...bearer("user", ada), ...gatewayCredential, traceparent, "x-request-id": "r-1" };
    await createClient(UserService, server.transports.grpc).getUser({ id: ada }, { headers });
    const [line] = server.logged;
    assert.ok(line);
    assert.equal(typeof line.durationMs, "number");
    assert.deepEqual(
      { ...line, durationMs: 0 },
      {
        level: "info",
        event: "rpc",
        method: "limen.users.v1.UserService/GetUser",
        code: "ok",
        durationMs: 0,
        requestId: "r-1",
        traceId: "0af7651916cd43dd8448eb211c80319c",
        userId: ada,
        peer: "gateway",
      },
    );
    assert.equal(server.logged.length, 1);
  });

  it("security 26: names a bug in the log alone", async () => {
    await using server = await startRpcServer({
      services: (registry) =>
        registry.add(UserService, {
          getUser() {
            throw new TypeError("undefined is not a user");
          },
        }),
    });
    const client = createClient(UserService, server.transports.grpc);
    await assert.rejects(client.getUser({ id: "me" }, { headers: bearer("user", ada) }), code(Code.Internal));
    assert.equal(server.logged[0]?.level, "error");
    assert.match(String(server.logged[0]?.error), /TypeError: undefined is not a user/);
  });

  it("gives a call that has no sane request id a new one", async () => {
    await using server = await startRpcServer({ services: echo });
    const answer = await connectJson(server.httpPort, "GetUser", "{}", { "x-request-id": "a b\tc" });
    assert.match(answer.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  });
});

describe("reflection", () => {
  const buf = new URL("../../../node_modules/.bin/buf", import.meta.url).pathname;
  const curl = (port: number, ...args: string[]) =>
    promisify(execFile)(buf, [
      "curl",
      "--protocol",
      "grpc",
      "--http2-prior-knowledge",
      ...args,
      `http://127.0.0.1:${port}/limen.users.v1.UserService/GetUser`,
    ]);

  it("tells buf curl the contract", async () => {
    await using server = await startRpcServer({ services: echo, reflection: true });
    for (const version of ["grpc-v1", "grpc-v1alpha"]) {
      const { stdout } = await curl(
        server.grpcPort,
        "--reflect-protocol",
        version,
        "--header",
        `authorization: Bearer user.${ada}`,
        "--data",
        '{"id":"me"}',
      );
      assert.deepEqual(JSON.parse(stdout), { user: { id: ada } });
    }
  });

  it("is not there unless it is wanted", async () => {
    await using server = await startRpcServer({ services: echo });
    await assert.rejects(curl(server.grpcPort, "--data", "{}"), /failed to find service/);
  });
});

describe("plain routes", () => {
  it("are served beside the calls", async () => {
    await using server = await startRpcServer({
      services: echo,
      plainRoutes: {
        "/.well-known/jwks.json": async () => ({
          status: 200,
          headers: { "content-type": "application/json" },
          body: '{"keys":[]}',
        }),
      },
    });
    const url = `http://127.0.0.1:${server.httpPort}`;
    const answer = await fetch(`${url}/.well-known/jwks.json?x=1`);
    assert.deepEqual(await answer.json(), { keys: [] });
    assert.equal((await fetch(`${url}/.well-known/jwks.json`, { method: "POST" })).status, 405);
    assert.equal((await fetch(`${url}/toString`)).status, 404);
  });
});
