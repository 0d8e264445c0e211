import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { Registry } from "prom-client";
import { createCredentials } from "./credentials.ts";
import { newAccount, withPassword } from "./domain/account.ts";
import type { Email } from "./domain/email.ts";
import { testGuessRules } from "./infrastructure/in-memory-access.fixture.ts";
import { createAccountReader } from "./infrastructure/postgres-readers.ts";
import { openAuthDatabase, silent } from "./infrastructure/test-database.fixture.ts";

export const password = "correct horse battery staple";
const device = { userAgent: "test/1.0", ipAddress: "192.0.2.1" };

export type TestCredentials = Awaited<ReturnType<typeof openTestCredentials>>;

/** Everything about credentials on a real database, with cheap hashes. */
export async function openTestCredentials(list: { readonly breachedPasswords?: string } = {}) {
  const auth = await openAuthDatabase();
  const credentials = await createCredentials({
    ...auth,
    accounts: createAccountReader(auth.db.pool),
    config: {
      keyEncryptionKey: randomBytes(32),
      previousKeyEncryptionKeys: [],
      guessing: testGuessRules,
      breachedPasswords: list.breachedPasswords,
      passwordMinLength: 15,
      publicUrl: "https://limen.example.com",
      argon2MemoryKib: 64,
      tokens: { issuer: "limen", audience: "limen", accessTtlMs: 600_000 },
      sessions: { refreshGraceMs: 30_000, idleTtlMs: 604_800_000, absoluteTtlMs: 2_592_000_000 },
    },
    log: silent,
    metrics: new Registry(),
  }).catch(async (error: unknown) => {
    await auth.close();
    throw error;
  });
  await credentials.start();
  await until(() => credentials.ready());

  return {
    ...auth,
    credentials,
    /** An active account with `password`. */
    async somebody() {
      const userId = randomUUID();
      const email = `${userId}@example.com` as Email;
      const now = new Date();
      const hash = await credentials.hasher.hash(await credentials.policy(password, email, "password"));
      const account = withPassword(newAccount({ userId, email, status: "ACTIVE", version: 1 }, now), hash, now);
      await auth.uow.run(({ accounts }) => accounts.add(account));
      return { userId, email, account, login: () => credentials.login({ email, password, device }) };
    },
    async close() {
      await credentials.stop();
      await auth.close();
    },
  };
}

/** Until something in the background has happened; fails after five seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, "it did not happen within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
