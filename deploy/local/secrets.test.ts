import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { serviceCredentials } from "../../services/platform/config.ts";
import { developmentSecrets } from "./secrets.ts";

describe("development secrets", () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "limen-secrets-"));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  it("are what the services' configuration accepts", async () => {
    const secrets = await developmentSecrets(dataDir);
    assert.equal(Buffer.from(secrets.KEY_ENCRYPTION_KEY, "base64").length, 32);
    const credentials = serviceCredentials.parse(secrets.SERVICE_CREDENTIALS);
    assert.deepEqual(
      credentials.map(([name]) => name),
      ["gateway", "auth", "users"],
    );
    assert.equal(new Set(credentials.map(([, secret]) => secret)).size, 3);
  });

  it("stay the same, also for processes that start at once", async () => {
    const [first, ...others] = await Promise.all(Array.from({ length: 4 }, () => developmentSecrets(dataDir)));
    for (const other of others) assert.deepEqual(other, first);
    assert.deepEqual(await developmentSecrets(dataDir), first);
    assert.deepEqual(await readdir(dataDir), ["secrets.json"]);
  });

  it("can be read by their owner alone", async () => {
    await developmentSecrets(dataDir);
    assert.equal((await stat(join(dataDir, "secrets.json"))).mode & 0o777, 0o600);
  });

  it("are not replaced silently when the file is damaged", async () => {
    const path = join(dataDir, "secrets.json");
    await writeFile(path, "{");
    await assert.rejects(developmentSecrets(dataDir), /secrets\.json is damaged/);
    await writeFile(path, '{"KEY_ENCRYPTION_KEY":"short","SERVICE_CREDENTIALS":"a=b"}');
    await assert.rejects(developmentSecrets(dataDir), /32 bytes/);
  });
});
