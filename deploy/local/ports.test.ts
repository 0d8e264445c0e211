import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { afterEach, describe, it } from "node:test";
import { freePort, nextFreePort, requireFreePort } from "./ports.ts";

describe("ports", () => {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
  });

  async function occupy(port: number): Promise<void> {
    const server = createServer();
    servers.push(server);
    await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  }

  it("keeps the preferred port when it is free", async () => {
    const port = await freePort();
    assert.equal(await nextFreePort(port), port);
  });

  it("moves on from a port that somebody has on the loopback interface", async () => {
    const port = await freePort();
    await occupy(port);
    assert.ok((await nextFreePort(port)) > port);
  });

  it("promises a port once", async () => {
    const port = await freePort();
    const taken = new Set<number>();
    const first = await nextFreePort(port, taken);
    const second = await nextFreePort(port, taken);
    assert.notEqual(second, first);
    assert.deepEqual(taken, new Set([first, second]));
  });

  it("names the setting when a port that was asked for is taken", async () => {
    const port = await freePort();
    await occupy(port);
    await assert.rejects(requireFreePort("PORT", port), new RegExp(`Port ${port} is taken.*PORT=`));
  });
});
