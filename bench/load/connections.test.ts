import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { type Metadata, Server, ServerCredentials, type sendUnaryData, status } from "@grpc/grpc-js";
import { openGrpcConnection, prepareCall } from "./grpc-connection.ts";
import { createHttpConnection, prepareRequest } from "./http-connection.ts";

describe("gRPC by hand", () => {
  type Call = { readonly request: Buffer; readonly metadata: Metadata };
  type Handler = (call: Call, done: sendUnaryData<Buffer>) => void;
  const path = "/limen.bench.Test/Call";

  async function serve(t: TestContext, handler: Handler): Promise<string> {
    const bytes = (message: Buffer): Buffer => message;
    const codec = { requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes };
    const method = { path, requestStream: false, responseStream: false, ...codec, responseDeserialize: bytes };
    const server = new Server();
    server.addService({ call: method }, { call: handler });
    t.after(() => server.forceShutdown());
    const port = await new Promise((resolve, reject) => {
      const credentials = ServerCredentials.createInsecure();
      server.bindAsync("127.0.0.1:0", credentials, (error, port) => (error ? reject(error) : resolve(port)));
    });
    return `127.0.0.1:${port}`;
  }

  async function connect(t: TestContext, handler: Handler) {
    const connection = await openGrpcConnection(await serve(t, handler));
    t.after(() => connection.close());
    return connection;
  }

  it("is understood by grpc-js, whatever the length of messages and metadata", async (t) => {
    const connection = await connect(t, ({ request, metadata }, done) => {
      done(null, Buffer.from(`${request.length} ${String(metadata.get("authorization")).length}`));
    });
    for (const [message, token] of [
      [0, 1],
      [1, 126],
      [300, 127],
      [15_000, 128],
      [7, 5_000],
    ] as const) {
      const call = prepareCall(path, Buffer.alloc(message), { authorization: "t".repeat(token) });
      assert.equal(String(await connection.call(call)), `${message} ${token}`);
    }
  });

  it("takes answers of many frames, thousands in a row", async (t) => {
    const answer = Buffer.alloc(40_000, "x");
    const connection = await connect(t, (_, done) => done(null, answer));
    const call = prepareCall(path, Buffer.alloc(100));
    for (let i = 0; i < 50; i++) assert.deepEqual(await connection.call(call), answer);
  });

  it("rejects a call that fails", async (t) => {
    const connection = await connect(t, (_, done) => done({ code: status.NOT_FOUND, details: "nobody" }));
    await assert.rejects(connection.call(prepareCall(path, Buffer.alloc(1))), /an answer without a message/);
  });

  it("rejects calls when the connection is closed", async (t) => {
    const connection = await connect(t, () => connection.close());
    const call = prepareCall(path, Buffer.alloc(1));
    await assert.rejects(connection.call(call), /the connection is closed/);
    await assert.rejects(connection.call(call), /the connection is closed/);
  });
});

describe("HTTP by hand", () => {
  async function serve(t: TestContext, handler: Parameters<typeof createServer>[1]) {
    const server = createServer({}, handler).listen(0, "127.0.0.1");
    await once(server, "listening");
    const connection = createHttpConnection((server.address() as AddressInfo).port);
    t.after(() => {
      connection.close();
      server.close();
    });
    return connection;
  }

  it("sends JSON and takes the answer, one after another", async (t) => {
    const connection = await serve(t, (request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const answer = `${request.method} ${request.url} ${request.headers.authorization} ${body}`;
        response.writeHead(201, { "content-length": Buffer.byteLength(answer) }).end(answer);
      });
    });
    const post = prepareRequest({ method: "POST", path: "/a", headers: { authorization: "b" }, body: { c: "ü" } });
    for (let i = 0; i < 3; i++) {
      const { status, body } = await connection.send(post);
      assert.deepEqual([status, String(body)], [201, 'POST /a b {"c":"ü"}']);
    }
    const { body } = await connection.send(prepareRequest({ method: "GET", path: "/d" }));
    assert.equal(String(body), "GET /d undefined ");
  });

  it("tells when to come back, and opens another connection when the server closed it", async (t) => {
    const connection = await serve(t, (_, response) => {
      response.writeHead(503, { "retry-after": "7", "content-length": 0, connection: "close" }).end();
    });
    const get = prepareRequest({ method: "GET", path: "/" });
    for (let i = 0; i < 2; i++) {
      const { status, retryAfter } = await connection.send(get);
      assert.deepEqual([status, retryAfter], [503, 7]);
    }
  });

  it("rejects what it cannot measure", async (t) => {
    const connection = await serve(t, (_, response) => {
      response.write("a part");
      response.end();
    });
    await assert.rejects(connection.send(prepareRequest({ method: "GET", path: "/" })), /Content-Length/);
  });
});
