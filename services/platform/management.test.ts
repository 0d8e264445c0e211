import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createManagementServer, type Readiness } from "./management.ts";
import { createMetrics } from "./process-metrics.ts";

describe("management server", () => {
  let readiness: Readiness = { ready: true, reasons: [] };
  const metrics = createMetrics("users-api");
  const server = createManagementServer({
    host: "127.0.0.1",
    port: 0,
    checks: () => readiness,
    metrics: () => metrics.metrics(),
  });
  let url = "";
  before(async () => {
    url = `http://127.0.0.1:${await server.listen()}`;
  });
  after(() => server.close());

  it("lives", async () => {
    readiness = { ready: false, reasons: ["database"] };
    assert.equal((await fetch(`${url}/livez`)).status, 200);
  });

  it("is ready when its checks say so, and says why not", async () => {
    readiness = { ready: false, reasons: ["database", "revocations"] };
    const waiting = await fetch(`${url}/readyz`);
    assert.equal(waiting.status, 503);
    assert.deepEqual(await waiting.json(), readiness);
    readiness = { ready: true, reasons: [] };
    const ready = await fetch(`${url}/readyz?verbose`);
    assert.equal(ready.status, 200);
    assert.deepEqual(await ready.json(), readiness);
  });

  it("shows metrics of the process with its role", async () => {
    const answer = await fetch(`${url}/metrics`);
    assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assert.match(await answer.text(), /process_resident_memory_bytes\{role="users-api"\} \d/);
  });

  it("knows nothing else", async () => {
    assert.equal((await fetch(`${url}/`)).status, 404);
    assert.equal((await fetch(`${url}/livez`, { method: "POST" })).status, 405);
  });

  it("has no metrics where there are none, and answers 500 where they fail", async () => {
    for (const [options, status] of [
      [{}, 404],
      [{ metrics: () => Promise.reject(new Error("secret")) }, 500],
    ] as const) {
      const other = createManagementServer({ host: "127.0.0.1", port: 0, checks: () => readiness, ...options });
      const answer = await fetch(`http://127.0.0.1:${await other.listen()}/metrics`);
      assert.equal(answer.status, status);
      assert.doesNotMatch(await answer.text(), /secret/);
      await other.close();
    }
  });
});
