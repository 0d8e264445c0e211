import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, describe, it } from "node:test";
import type { HandlerContext } from "@connectrpc/connect";
import type { FastifyInstance } from "fastify";
import type { Limits } from "./app.ts";
import { openGateway } from "./testing/gateway.ts";
import { compileLibrary, recordingTransport } from "./testing/library.ts";

const library = compileLibrary()("LibraryService");
const opened: FastifyInstance[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(opened.splice(0).map((app) => app.close()));
});

type Answer = (context: HandlerContext) => object | AsyncIterable<object>;

async function listen(limits: Partial<Limits>, answer: Answer = () => ({})) {
  const { transport } = recordingTransport(library, (_call, context) => answer(context));
  const app = await openGateway([[library, transport]], { limits });
  opened.push(app);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { app, url };
}

/** A connection by hand: what it is told, and everything that it answers until it is closed. */
async function dial(app: FastifyInstance, text: string) {
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  sockets.push(socket);
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    answer += chunk;
  });
  // The peer may close while this side is still writing.
  socket.on("error", () => socket.destroy());
  await once(socket, "connect");
  socket.write(text);
  return { socket, closed: once(socket, "close").then(() => answer) };
}

const post = "POST /v1/books/b1:archive HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";

describe("a connection", () => {
  it("that announces 20 MB is refused before they come, and closed", async () => {
    const { app } = await listen({});
    const start = performance.now();
    const { socket } = await dial(app, `${post}content-length: 20000000\r\n\r\n{"name":"`);
    const [answer] = await once(socket, "data");
    assert.ok(performance.now() - start < 1_000);
    assert.match(String(answer), /^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*"reason":"BODY_TOO_LARGE"/i);
  });

  it("that does not say how much is coming is refused at the limit", async () => {
    const { app } = await listen({ bodyBytes: 1_000 });
    const chunk = `400\r\n${"a".repeat(1_024)}\r\n`;
    const { socket } = await dial(app, `${post}transfer-encoding: chunked\r\n\r\n${chunk}`);
    const [answer] = await once(socket, "data");
    assert.match(String(answer), /^HTTP\/1\.1 413 /);
  });

  it("that sends its request too slowly is closed", async () => {
    const { app } = await listen({ requestMs: 50 });
    const { closed } = await dial(app, `${post}content-length: 100\r\n\r\n{`);
    assert.match(await closed, /^HTTP\/1\.1 408 [\s\S]*application\/problem\+json[\s\S]*"reason":"REQUEST_TIMEOUT"/);
  });

  it("that says nothing is closed", async () => {
    const { app } = await listen({ connectionMs: 50 });
    const { closed } = await dial(app, "");
    assert.equal(await closed, "");
  });

  it("that does not speak HTTP gets a problem", async () => {
    const { app } = await listen({});
    const { closed } = await dial(app, "hello\r\n\r\n");
    assert.match(await closed, /^HTTP\/1\.1 400 [\s\S]*"reason":"MALFORMED_REQUEST"/);
  });

  it("that goes away ends the call it waits for", async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const { promise: called, resolve: call } = Promise.withResolvers<void>();
    const { app } = await listen({}, ({ signal }) => {
      signal.addEventListener("abort", () => resolve());
      call();
      return aborted.then(() => ({}));
    });
    const { socket } = await dial(app, "GET /v1/books/b1 HTTP/1.1\r\nhost: x\r\n\r\n");
    await called;
    socket.destroy();
    await aborted;
  });
});

describe("a watched resource", () => {
  const untilAborted = (signal: AbortSignal, seen: () => void) =>
    async function* (): AsyncGenerator<object> {
      yield { title: "first" };
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      seen();
      signal.throwIfAborted();
    };

  it("is a stream of events that ends with the service's", async () => {
    const { url } = await listen({}, async function* () {
      yield { title: "one" };
      yield { title: "two" };
    });
    const response = await fetch(`${url}/v1/books/b1:watch`);
    assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.ok(response.headers.get("x-request-id"));
    const titles = [...(await response.text()).matchAll(/^data: (.+)$/gm)].map(
      ([, data]) => JSON.parse(data ?? "").title,
    );
    assert.deepEqual(titles, ["one", "two"]);
  });

  it("that does not exist is an ordinary problem", async () => {
    const { url } = await listen({}, () => {
      throw new Error("nothing");
    });
    const response = await fetch(`${url}/v1/books/b1:watch`);
    assert.deepEqual([response.status, response.headers.get("content-type")], [500, "application/problem+json"]);
    await response.body?.cancel();
  });

  it("is let go of when the client goes away", async () => {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const { url } = await listen({ heartbeatMs: 10 }, ({ signal }) => untilAborted(signal, resolve)());
    const client = new AbortController();
    const response = await fetch(`${url}/v1/books/b1:watch`, { signal: client.signal });
    const reader = response.body?.getReader();
    assert.match(Buffer.from((await reader?.read())?.value ?? []).toString(), /^data: .*first/);
    assert.match(Buffer.from((await reader?.read())?.value ?? []).toString(), /: heartbeat/);
    client.abort();
    await ended;
  });

  it("ends when the gateway stops, which then stops", async () => {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const { app, url } = await listen({}, ({ signal }) => untilAborted(signal, resolve)());
    const response = await fetch(`${url}/v1/books/b1:watch`);
    const stopped = app.close();
    assert.match(await response.text(), /^data: .*first.*\n\n$/);
    await Promise.all([ended, stopped]);
  });
});
