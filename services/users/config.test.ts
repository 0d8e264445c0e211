import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConfigError } from "../platform/config.ts";
import { readUsersApiConfig, readUsersWorkerConfig } from "./config.ts";

const worker = { USERS_DATABASE_URL: "postgresql://users@127.0.0.1/limen" };
const api = {
  ...worker,
  AUTH_GRPC_TARGET: "dns:///auth:50052",
  JWKS_URL: "http://auth:8082/.well-known/jwks.json",
  SERVICE_CREDENTIALS: `users=${"u".repeat(32)},gateway=${"g".repeat(32)}`,
};
const production = { NODE_ENV: "production", USERS_AMQP_URL: "amqps://users:secret@rabbitmq" };

const refused = (read: () => unknown, ...variables: string[]) =>
  assert.throws(read, (error) => {
    assert.ok(error instanceof ConfigError);
    const named = [...error.message.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name);
    assert.deepEqual(named.toSorted(), variables.toSorted());
    return true;
  });

describe("the configuration of users-service", () => {
  it("needs little in development", () => {
    const config = readUsersApiConfig(api);
    assert.deepEqual(
      [config.grpcPort, config.httpPort, config.managementPort, config.retryDelayMs, config.production],
      [50_051, 8_081, 9_090, 5_000, false],
    );
    assert.equal(readUsersWorkerConfig(worker).databaseUrl, worker.USERS_DATABASE_URL);
  });

  it("has a schedule for asking again, as auth has", () => {
    assert.deepEqual(readUsersWorkerConfig(worker).answerSchedule, [5_000, 15_000, 60_000, 300_000]);
    const { answerSchedule } = readUsersApiConfig({ ...api, SAGA_ANSWER_TIMEOUTS: "200ms,1s" });
    assert.deepEqual(answerSchedule, [200, 1_000]);
  });

  it("names everything that is missing at once", () => {
    refused(() => readUsersWorkerConfig({}), "USERS_DATABASE_URL");
    refused(() => readUsersApiConfig({}), "USERS_DATABASE_URL", "AUTH_GRPC_TARGET", "SERVICE_CREDENTIALS");
  });

  it("names the service itself among the credentials, since it presents one", () => {
    refused(() => readUsersApiConfig({ ...api, SERVICE_CREDENTIALS: "gateway=secret" }), "SERVICE_CREDENTIALS");
  });

  it("needs no credential where it has a certificate, but a list of who may call", () => {
    const { SERVICE_CREDENTIALS: _, JWKS_URL: __, ...rest } = api;
    const tls = { ...rest, TLS_DIR: "/tls", TLS_PEERS: "gateway=spiffe://limen/gateway, billing=billing.svc" };
    const config = readUsersApiConfig({ ...tls, ...production });
    assert.deepEqual([config.tlsDirectory, config.jwksUrl], ["/tls", undefined]);
    assert.equal(config.tlsPeers.get("spiffe://limen/gateway"), "gateway");
    refused(() => readUsersApiConfig({ ...tls, TLS_PEERS: "" }), "TLS_PEERS");
    refused(() => readUsersApiConfig({ ...tls, TLS_PEERS: "spiffe://limen/gateway" }), "TLS_PEERS");
  });

  it("prefers the broker account of its own", () => {
    const { amqpUrl } = readUsersWorkerConfig({
      ...worker,
      AMQP_URL: "amqp://all@host",
      USERS_AMQP_URL: "amqp://u@host",
    });
    assert.equal(amqpUrl, "amqp://u@host");
  });

  it("is accepted in production when nothing in it is a default", () => {
    assert.equal(readUsersApiConfig({ ...api, ...production }).production, true);
    assert.equal(readUsersWorkerConfig({ ...worker, ...production }).production, true);
  });

  it("is refused in production with what is convenient elsewhere", () => {
    const { USERS_AMQP_URL: _, ...withoutBroker } = production;
    refused(() => readUsersWorkerConfig({ ...worker, ...withoutBroker }), "USERS_AMQP_URL");
    const guest = { ...production, USERS_AMQP_URL: "amqp://guest:guest@rabbitmq" };
    refused(() => readUsersWorkerConfig({ ...worker, ...guest }), "USERS_AMQP_URL");
    const short = { ...api, ...production, SERVICE_CREDENTIALS: "users=short" };
    refused(() => readUsersApiConfig(short), "SERVICE_CREDENTIALS");
  });
});
