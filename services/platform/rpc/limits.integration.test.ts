import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, constants, type IncomingHttpHeaders } from "node:http2";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { Code, createClient } from "@connectrpc/connect";
import { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { createHttpListener } from "./http-listener.ts";
import { startRpcServer } from "./rpc-server.fixture.ts";

const services: Parameters<typeof startRpcServer>[0]["services"] = (registry) =>
  registry.add(AuthService, { getJwks: () => ({}) });
const path = "/limen.auth.v1.AuthService/GetJwks";
const grpcRequest = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };

describe("limits of the gRPC listener", () => {
  it("a frame that announces 4 GiB is refused before they come", async () => {
    await using server = await startRpcServer({ services });
    const session = connectHttp2(`http://127.0.0.1:${server.grpcPort}`);
    const stream = session.request(grpcRequest);
    const status = new Promise<unknown>((resolve) => {
      const seen = (headers: IncomingHttpHeaders) => "grpc-status" in headers && resolve(headers["grpc-status"]);
      stream.on("response", seen).on("trailers", seen);
    });
    stream.on("error", () => stream.destroy());
    // Uncompressed, 2³² − 1 bytes; the stream stays open, as if they were on their way.
    stream.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
    assert.equal(Number(await status), Code.ResourceExhausted);
    session.destroy();
  });

  it("one connection has 100 calls at a time, and no more", async () => {
    await using server = await startRpcServer({ services });
    const session = connectHttp2(`http://127.0.0.1:${server.grpcPort}`);
    const [settings] = await once(session, "remoteSettings");
    assert.equal(settings.maxConcurrentStreams, 100);
    session.destroy();
  });

  it("a connection that opens calls only to reset them is ended, and others are served", async () => {
    await using server = await startRpcServer({ services });
    const session = connectHttp2(`http://127.0.0.1:${server.grpcPort}`);
    let ended = false;
    session.on("error", () => {});
    for (const end of ["goaway", "close"] as const) {
      session.on(end, () => {
        ended = true;
      });
    }
    for (let resets = 0; !ended; resets += 100) {
      assert.ok(resets < 50_000, "50 000 resets were let pass");
      for (let i = 0; i < 100 && !session.destroyed; i++) {
        const stream = session.request(grpcRequest);
        stream.on("error", () => {});
        stream.close(constants.NGHTTP2_CANCEL);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    session.destroy();
    assert.deepEqual((await createClient(AuthService, server.transports.grpc).getJwks({})).keys, []);
  });
});

describe("limits of the HTTP listener", () => {
  it("what is compressed is not inflated", async () => {
    await using server = await startRpcServer({ services });
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    assert.ok(bomb.length < 70_000);
    const answer = await fetch(`http://127.0.0.1:${server.httpPort}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      body: bomb,
    });
    assert.equal(answer.status, 501);
  });

  it("a body of 20 MB is refused before it has come", async () => {
    await using server = await startRpcServer({ services });
    const socket = connect(server.httpPort, "127.0.0.1");
    const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
    socket.write(`${head}content-length: 20000000\r\n\r\n${" ".repeat(100_000)}`);
    const [answer] = await once(socket, "data");
    assert.match(String(answer), /^HTTP\/1\.1 429 /);
    socket.destroy();
  });

  it("clients that send too slowly are closed, a thousand of them", async () => {
    const listener = createHttpListener({
      host: "127.0.0.1",
      port: 0,
      routes: () => {},
      interceptors: [],
      opened: () => {},
      refused: () => {},
      log: { warn: () => {} },
      maxTimeoutMs: 1_000,
      requestMs: 500,
    });
    const port = await listener.listen();
    const slow = Array.from({ length: 1_000 }, async () => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => socket.destroy());
      socket.resume();
      socket.write("POST / HTTP/1.1\r\nhost: x\r\n");
      await once(socket, "close");
    });
    await Promise.all(slow);
    await listener.drain(0);
  });
});
