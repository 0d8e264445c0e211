import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readGatewayConfig } from "./config.ts";

const env = { SERVICE_CREDENTIALS: "gateway=secret,auth=other" };

describe("gateway configuration", () => {
  it("has defaults for development", () => {
    const config = readGatewayConfig(env);
    assert.deepEqual(
      [config.port, config.trustedHops, config.corsOrigins, config.serviceCredential, config.publicUrl],
      [8_080, 0, [], "gateway:secret", undefined],
    );
  });

  it("reads lists and addresses", () => {
    const origins = "https://a.example, http://localhost:5173";
    const config = readGatewayConfig({ ...env, CORS_ORIGINS: origins, PUBLIC_URL: "https://limen.example/" });
    assert.deepEqual(config.corsOrigins, ["https://a.example", "http://localhost:5173"]);
    assert.equal(config.publicUrl, "https://limen.example");
  });

  it("names everything that is wrong at once", () => {
    const wrong = {
      ...env,
      PORT: "http",
      TRUSTED_HOPS: "-1",
      CORS_ORIGINS: "https://a.example/path",
      PUBLIC_URL: "limen",
    };
    assert.throws(() => readGatewayConfig(wrong), /PORT[\s\S]*TRUSTED_HOPS[\s\S]*CORS_ORIGINS[\s\S]*PUBLIC_URL/);
  });

  it("needs the gateway's own credential, without repeating it", () => {
    assert.throws(() => readGatewayConfig({ SERVICE_CREDENTIALS: "auth=other" }), /entry named "gateway"/);
    const tls = readGatewayConfig({ TLS_DIR: "/tls", NODE_ENV: "production" });
    assert.deepEqual([tls.tlsDirectory, tls.serviceCredential], ["/tls", undefined]);
    const production = { ...env, NODE_ENV: "production", CORS_ORIGINS: "*" };
    assert.throws(
      () => readGatewayConfig(production),
      (error: Error) => /at least 32[\s\S]*CORS_ORIGINS/.test(error.message) && !error.message.includes("secret,"),
    );
  });
});
