import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { createKeyRing } from "../../services/auth/infrastructure/key-ring.ts";
import { keySchedule } from "../../services/auth/infrastructure/key-schedule.ts";
import { createPostgresSigningKeys } from "../../services/auth/infrastructure/postgres-signing-keys.ts";
import { createSigningKeyCipher } from "../../services/auth/infrastructure/signing-key-cipher.ts";
import { openAuthDatabase, silent } from "../../services/auth/infrastructure/test-database.fixture.ts";

const run = promisify(execFile);
const main = resolve(import.meta.dirname, "main.ts");

describe("npm run ops", () => {
  const masterKey = randomBytes(32);
  let auth: Awaited<ReturnType<typeof openAuthDatabase>>;
  before(async () => {
    auth = await openAuthDatabase();
    const ring = createKeyRing({
      store: createPostgresSigningKeys({ ...auth, pool: auth.db.pool, log: silent }),
      cipher: createSigningKeyCipher({ masterKeys: [masterKey] }),
      schedule: keySchedule(600_000),
      clock: auth.clock,
      log: silent,
    });
    await ring.reload();
  });
  after(() => auth.close());

  async function ops(args: readonly string[], keys: readonly Buffer[] = [masterKey]): Promise<string> {
    const [newest, ...previous] = keys.map((key) => key.toString("base64"));
    const { stdout } = await run(process.execPath, ["--import", "tsx", main, ...args], {
      env: {
        ...process.env,
        AUTH_DATABASE_URL: auth.url,
        KEY_ENCRYPTION_KEY: newest,
        KEY_ENCRYPTION_KEY_PREVIOUS: previous.join(","),
      },
    });
    return stdout;
  }
  const statesOf = (output: string) => JSON.parse(output).keys.map(({ state }: { state: string }) => state);

  it("lists, rotates and revokes signing keys", async () => {
    assert.deepEqual(statesOf(await ops(["keys", "list", "--json"])), ["current", "next"]);
    // Known for long enough to every verifier.
    await auth.db.pool.query("update auth.signing_keys set create_time = create_time - interval '1 minute'");
    const rotated = await ops(["keys", "rotate", "--json"]);
    assert.deepEqual(statesOf(rotated), ["previous", "current", "next"]);
    const { kid } = JSON.parse(rotated).keys[1];
    const revoked = await ops(["keys", "revoke", kid]);
    assert.equal(revoked.includes(kid), false);
    assert.match(revoked, / previous .*published until/);
    await assert.rejects(ops(["keys", "revoke", kid]), /SIGNING_KEY_NOT_FOUND/);
  });

  it("security 31: moves the signing keys to another key-encryption key, and makes none that nobody could open", async () => {
    const young = randomBytes(32);
    await assert.rejects(ops(["keys", "rotate"], [young]), /KEY_ENCRYPTION_KEY does not open/);
    await assert.rejects(ops(["keys", "reencrypt"], [young]), /KEY_ENCRYPTION_KEY does not open/);
    await ops(["keys", "reencrypt"], [young, masterKey]);
    await ops(["keys", "reencrypt"], [young]);
    await ops(["keys", "reencrypt"], [masterKey, young]);
  });

  it("exports the audit trail as JSON lines", async () => {
    const exported = await ops(["audit", "export", "--type", "signing_key_revoked", "--since", "2026-01-01", "--json"]);
    const events = exported
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      events.map(({ type, actor, userId, details }) => [type, actor, userId, Object.keys(details)]),
      [["signing_key_revoked", "operator", null, ["kid"]]],
    );
    assert.equal(await ops(["audit", "export", "--until", "2020-01-01", "--json"]), "");
    assert.match(await ops(["audit", "export"]), /^\S+Z signing_key_rotated actor=system kid=\S+$/m);
    await assert.rejects(ops(["audit", "export", "--since", "yesterday"]), /It is no time/);
  });
});
