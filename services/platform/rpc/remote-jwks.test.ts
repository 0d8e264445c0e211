import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { errors, exportJWK, generateKeyPair, type JSONWebKeySet } from "jose";
import { createRemoteJwks } from "./remote-jwks.ts";

const jwk = async (kid: string) => ({
  ...(await exportJWK((await generateKeyPair("EdDSA")).publicKey)),
  kid,
  alg: "EdDSA",
});
const header = (kid: string) => ({ alg: "EdDSA", kid });
const token = { payload: "", signature: "" };

/** A key server whose keys and health the test decides. */
async function startKeyServer() {
  const state = { keys: [] as JSONWebKeySet["keys"], healthy: true, asked: 0 };
  const server = createServer((_, res) => {
    state.asked++;
    res.writeHead(state.healthy ? 200 : 503, { connection: "close" }).end(JSON.stringify({ keys: state.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`);
  return { state, url, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

describe("remote JWKS", () => {
  it("security 13: finds a new key at once when the cooldown allows it", async () => {
    await using server = await startKeyServer();
    server.state.keys = [await jwk("k1")];
    const jwks = createRemoteJwks({ source: server.url, log: { warn() {} }, cooldownMs: 0 });
    assert.equal(jwks.ready(), false);
    await jwks.keys(header("k1"), token);
    assert.equal(jwks.ready(), true);
    server.state.keys.push(await jwk("k2"));
    await jwks.keys(header("k2"), token);
  });

  it("takes the keys that a call answers with, and no answer for keys", async () => {
    const keys: JSONWebKeySet["keys"] = [];
    const jwks = createRemoteJwks({ source: async () => keys, log: { warn() {} }, cooldownMs: 0 });
    await jwks.start();
    assert.equal(jwks.ready(), false);
    jwks.stop();
    keys.push(await jwk("k1"));
    await assert.rejects(async () => jwks.keys(header("k1"), token), /a moment ago/);
    const again = createRemoteJwks({ source: async () => keys, log: { warn() {} } });
    await again.keys(header("k1"), token);
    assert.equal(again.ready(), true);
  });

  it("security 13: asks once per cooldown for keys that do not exist", async () => {
    await using server = await startKeyServer();
    server.state.keys = [await jwk("k1")];
    const jwks = createRemoteJwks({ source: server.url, log: { warn() {} }, cooldownMs: 60_000 });
    const unknown = async () => jwks.keys(header("k9"), token);
    for (let i = 0; i < 5; i++) await assert.rejects(unknown(), errors.JWKSNoMatchingKey);
    assert.equal(server.state.asked, 1);
  });

  it("keeps the known keys in an outage, and leaves the server alone meanwhile", async () => {
    await using server = await startKeyServer();
    server.state.keys = [await jwk("k1")];
    const jwks = createRemoteJwks({ source: server.url, log: { warn() {} }, cooldownMs: 0 });
    await jwks.keys(header("k1"), token);
    server.state.healthy = false;
    for (let i = 0; i < 5; i++) {
      await jwks.keys(header("k1"), token);
      await assert.rejects(async () => jwks.keys(header("k9"), token));
    }
    assert.equal(server.state.asked, 2);
  });

  it("security 13: fetches in the background: what was withdrawn is forgotten", async () => {
    await using server = await startKeyServer();
    server.state.keys = [await jwk("k1")];
    const warnings: object[] = [];
    const log = { warn: (fields: object) => void warnings.push(fields) };
    const jwks = createRemoteJwks({ source: server.url, log, refreshMs: 5, cooldownMs: 60_000 });
    server.state.healthy = false;
    await jwks.start();
    assert.equal(jwks.ready(), false);
    while (warnings.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(server.state.asked >= 10, "a server that is only starting is nothing to warn of");
    server.state.healthy = true;
    while (!jwks.ready()) await new Promise((resolve) => setImmediate(resolve));
    server.state.keys = [await jwk("k2")];
    const asked = server.state.asked;
    while (server.state.asked < asked + 3) await new Promise((resolve) => setImmediate(resolve));
    jwks.stop();
    await jwks.keys(header("k2"), token);
    await assert.rejects(async () => jwks.keys(header("k1"), token), errors.JWKSNoMatchingKey);
  });
});
