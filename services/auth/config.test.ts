import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConfigError } from "../platform/config.ts";
import { readAuthApiConfig, readAuthWorkerConfig } from "./config.ts";

/** 32 bytes, no two alike. */
const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const api = { AUTH_DATABASE_URL: "postgresql://auth@127.0.0.1/limen", KEY_ENCRYPTION_KEY: key.toString("base64") };
const worker = api;
const mail = {
  PUBLIC_URL: "https://limen.example.com",
  SMTP_URL: "smtps://limen:secret@mail.example.com",
  MAIL_FROM: "Limen <no-reply@example.com>",
};
const production = {
  NODE_ENV: "production",
  PUBLIC_URL: mail.PUBLIC_URL,
  AUTH_AMQP_URL: "amqps://auth:secret@rabbitmq",
  SERVICE_CREDENTIALS: `users=${"u".repeat(32)},gateway=${"g".repeat(32)}`,
};

/** Expects these variables to be complained about, each once, and hunter2 never to be shown. */
function refused(read: () => unknown, ...variables: string[]): void {
  assert.throws(read, (error) => {
    assert.ok(error instanceof ConfigError, String(error));
    const named = Array.from(error.message.matchAll(/^ {2}([A-Z0-9_]+)\S*: ./gm), ([, variable]) => variable);
    assert.deepEqual([...new Set(named)].toSorted(), variables.toSorted());
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
}

describe("the configuration of auth-service", () => {
  it("needs little in development", () => {
    const config = readAuthApiConfig(api);
    assert.deepEqual(
      [config.grpcPort, config.httpPort, config.managementPort, config.passwordMinLength, config.production],
      [50_052, 8_082, 9_090, 15, false],
    );
    assert.deepEqual(config.keyEncryptionKey, key);
    assert.equal(readAuthWorkerConfig(worker).databaseUrl, worker.AUTH_DATABASE_URL);
  });

  it("reads times in milliseconds", () => {
    const { sessions, tokens, saga } = readAuthApiConfig({ ...api, SAGA_ANSWER_TIMEOUTS: "250ms, 2s" });
    assert.deepEqual(sessions, { refreshGraceMs: 30_000, idleTtlMs: 604_800_000, absoluteTtlMs: 2_592_000_000 });
    assert.deepEqual([tokens.accessTtlMs, saga.giveUpAfterMs, saga.idempotencyMs], [600_000, 86_400_000, 86_400_000]);
    assert.deepEqual(saga.answerScheduleMs, [250, 2_000]);
  });

  it("security 9: reads how guessers are slowed", () => {
    assert.deepEqual(readAuthApiConfig(api).guessing, {
      freeFailures: 5,
      leastDelayMs: 1_000,
      longestDelayMs: 300_000,
      forgetMs: 3_600_000,
      knownMs: 2_592_000_000,
      atOnce: 20,
      refillMs: 4_000,
      networkFailures: 1_000,
      networkWindowMs: 900_000,
      everybodysAttempts: 10_000,
      networkShare: 20,
      mailsPerAddress: 10,
    });
    refused(() => readAuthApiConfig({ ...api, THROTTLE_FREE_FAILURES: "0" }), "THROTTLE_FREE_FAILURES");
  });

  it("security 31: reads earlier key-encryption keys, each as strictly as the present one", () => {
    const two = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const given = two.map((bytes) => bytes.toString("base64")).join(",");
    assert.deepEqual(readAuthApiConfig(api).previousKeyEncryptionKeys, []);
    const config = readAuthApiConfig({ ...api, KEY_ENCRYPTION_KEY_PREVIOUS: given });
    assert.deepEqual(config.previousKeyEncryptionKeys, two);
    const wrong = { ...api, KEY_ENCRYPTION_KEY_PREVIOUS: `${given},hunter2` };
    refused(() => readAuthApiConfig(wrong), "KEY_ENCRYPTION_KEY_PREVIOUS");
  });

  it("names everything that is missing or wrong at once, and shows no value", () => {
    refused(() => readAuthWorkerConfig({}), "AUTH_DATABASE_URL", "KEY_ENCRYPTION_KEY");
    refused(() => readAuthApiConfig({}), "AUTH_DATABASE_URL", "KEY_ENCRYPTION_KEY");
    const wrong = {
      AUTH_DATABASE_URL: "mysql://auth:hunter2@db/limen",
      AUTH_AMQP_URL: "http://auth:hunter2@mq",
      KEY_ENCRYPTION_KEY: "hunter2",
      SERVICE_CREDENTIALS: "hunter2",
      ACCESS_TOKEN_TTL: "hunter2",
      PASSWORD_MIN_LENGTH: "7",
      REGISTRATION_MODE: "hunter2",
      AUTH_GRPC_PORT: "hunter2",
    };
    refused(() => readAuthApiConfig(wrong), ...Object.keys(wrong));
  });

  it("asks who may call where it asks for certificates", () => {
    const tls = { ...api, TLS_DIR: "/tls" };
    refused(() => readAuthApiConfig(tls), "TLS_PEERS");
    const { tlsPeers } = readAuthApiConfig({ ...tls, TLS_PEERS: "gateway=spiffe://limen/gateway" });
    assert.deepEqual([...tlsPeers], [["spiffe://limen/gateway", "gateway"]]);
  });

  it("knows how mail is sent", () => {
    const giveUpAfterMs = 86_400_000;
    assert.deepEqual(readAuthWorkerConfig({ ...worker, ...mail }).mail, {
      publicUrl: mail.PUBLIC_URL,
      smtpUrl: mail.SMTP_URL,
      from: mail.MAIL_FROM,
      giveUpAfterMs,
    });
    assert.equal(readAuthWorkerConfig(worker).mail.smtpUrl, undefined);
    const { proofLifetimesMs } = readAuthApiConfig(api);
    assert.deepEqual(proofLifetimesMs, {
      RESET: 1_800_000,
      VERIFY_EMAIL: 1_800_000,
      INVITATION: 604_800_000,
      CHANGE_EMAIL: 1_800_000,
      REGISTRATION: 1_800_000,
    });
    for (const MAIL_FROM of ["hunter2", "Limen no-reply@example.com", "A <a@b>\r\nBcc: c@d"]) {
      refused(() => readAuthWorkerConfig({ ...worker, MAIL_FROM }), "MAIL_FROM");
    }
    refused(() => readAuthWorkerConfig({ ...worker, SMTP_URL: "https://limen:hunter2@mail" }), "SMTP_URL");
    assert.equal(
      readAuthWorkerConfig({ ...worker, MAIL_FROM: "no-reply@example.com" }).mail.from,
      "no-reply@example.com",
    );
  });

  it("security 21: names a mail server, a sender and the start of links in production", () => {
    const { PUBLIC_URL: _, ...rest } = production;
    refused(() => readAuthWorkerConfig({ ...worker, ...rest }), ...Object.keys(mail));
    refused(() => readAuthApiConfig({ ...api, ...rest }), "PUBLIC_URL");
  });

  it("wants a key of 32 bytes", () => {
    for (const bytes of [31, 33]) {
      const KEY_ENCRYPTION_KEY = Buffer.alloc(bytes, "k").toString("base64");
      refused(() => readAuthApiConfig({ ...api, KEY_ENCRYPTION_KEY }), "KEY_ENCRYPTION_KEY");
    }
  });

  it("names a schedule that cannot be read", () => {
    for (const SAGA_ANSWER_TIMEOUTS of ["5s,soon", "5s,,15s", "5"]) {
      refused(() => readAuthWorkerConfig({ ...worker, SAGA_ANSWER_TIMEOUTS }), "SAGA_ANSWER_TIMEOUTS");
    }
  });

  it("prefers the broker account of its own", () => {
    const urls = { AMQP_URL: "amqp://all@host", AUTH_AMQP_URL: "amqp://auth@host" };
    assert.equal(readAuthWorkerConfig({ ...worker, ...urls }).amqpUrl, urls.AUTH_AMQP_URL);
    assert.equal(readAuthWorkerConfig({ ...worker, AMQP_URL: urls.AMQP_URL }).amqpUrl, urls.AMQP_URL);
  });

  it("is accepted in production when nothing in it is a default", () => {
    assert.equal(readAuthApiConfig({ ...api, ...production }).production, true);
    const { NODE_ENV, AUTH_AMQP_URL } = production;
    assert.equal(readAuthWorkerConfig({ ...worker, ...mail, NODE_ENV, AUTH_AMQP_URL }).production, true);
  });

  it("security 31: is refused in production with what is convenient elsewhere, all of it at once", () => {
    const convenient = {
      AUTH_AMQP_URL: "amqp://guest:hunter2@rabbitmq",
      SERVICE_CREDENTIALS: "gateway=hunter2",
      ARGON2_MEMORY_KIB: "19455",
      KEY_ENCRYPTION_KEY: Buffer.alloc(32).toString("base64"),
    };
    refused(() => readAuthApiConfig({ ...api, ...production, ...convenient }), ...Object.keys(convenient));
    assert.equal(readAuthApiConfig({ ...api, ...convenient }).production, false);
    for (const [variable, value] of Object.entries(convenient)) {
      refused(() => readAuthApiConfig({ ...api, ...production, [variable]: value }), variable);
    }
  });

  it("security 31: names a broker and callers in production", () => {
    const { AUTH_AMQP_URL: _, SERVICE_CREDENTIALS: __, ...bare } = production;
    refused(() => readAuthWorkerConfig({ ...worker, ...mail, ...bare }), "AUTH_AMQP_URL");
    refused(() => readAuthApiConfig({ ...api, ...bare }), "AUTH_AMQP_URL", "SERVICE_CREDENTIALS");
  });

  it("security 31: is refused in production with a key that nobody drew by lot", () => {
    for (const guessable of [Buffer.alloc(32, 1), Buffer.alloc(32, "k"), Buffer.alloc(32, "limen")]) {
      const KEY_ENCRYPTION_KEY = guessable.toString("base64");
      refused(() => readAuthApiConfig({ ...api, ...production, KEY_ENCRYPTION_KEY }), "KEY_ENCRYPTION_KEY");
    }
  });
});
