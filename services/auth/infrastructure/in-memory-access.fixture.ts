import type { AuditEntry, PasswordHasher } from "../application/credential-ports.ts";
import { createLogin } from "../application/login.ts";
import { createIssueTokens, createOpenSession } from "../application/open-session.ts";
import { createRefreshSession } from "../application/refresh-session.ts";
import { createLogout, createRevokeSession } from "../application/revoke-session.ts";
import { type Account, newAccount, withPassword } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import type { GuessRules } from "../domain/guessing.ts";
import { createHmacRefreshTokens } from "./hmac-refresh-tokens.ts";
import { createInMemorySessions } from "./in-memory-sessions.ts";
import { createInMemoryTallies } from "./in-memory-tallies.ts";
import { createInMemoryUnitOfWork } from "./in-memory-unit-of-work.ts";
import { createTallyGuard } from "./tally-guard.ts";

export const secondMs = 1_000;
export const dayMs = 86_400_000;
export const testGuessRules: GuessRules = {
  freeFailures: 5,
  leastDelayMs: secondMs,
  longestDelayMs: 300 * secondMs,
  forgetMs: 3_600 * secondMs,
  knownMs: 30 * dayMs,
  atOnce: 20,
  refillMs: 4 * secondMs,
  networkFailures: 1_000,
  networkWindowMs: 900 * secondMs,
  everybodysAttempts: 10_000,
  networkShare: 20,
  mailsPerAddress: 10,
};

export const device = { userAgent: "test/1.0", ipAddress: "192.0.2.1" };

/** Every use case of logging in, on fakes in memory and a clock that stands until it is moved. Ada may come in. */
export async function createTestAccess() {
  const uow = createInMemoryUnitOfWork();
  const time = { ms: Date.parse("2026-01-01T00:00:00Z") };
  const clock = { now: () => new Date(time.ms) };
  let lastId = 0;
  const ids = { next: () => `00000000-0000-7000-8000-${String(++lastId).padStart(12, "0")}` };
  const { audited } = uow;
  const audit = async (entry: AuditEntry) => void audited.push(entry);
  const guard = createTallyGuard({
    tallies: createInMemoryTallies(),
    rules: testGuessRules,
    masterKey: new Uint8Array(32),
    clock,
    audit,
  });
  const { opener, rotation, reader } = createInMemorySessions(uow, { idleTtlMs: 7 * dayMs });
  const refreshTokens = createHmacRefreshTokens({ masterKeys: [new Uint8Array(32)] });
  let signed = 0;
  const signer = {
    lifetimeSeconds: 600,
    sign: async (claims: object) => `${JSON.stringify(claims)}#${++signed}`,
  };
  const issueTokens = createIssueTokens({ signer, refreshTokens });
  const openSession = createOpenSession({ opener, issueTokens, refreshTokens, clock, ids, absoluteTtlMs: 30 * dayMs });
  const hasher = createPlainHasher();
  const passwordHashes = {
    replace: (userId: string, oldHash: string, newHash: string) =>
      uow.run(async ({ accounts }) => {
        const account = await accounts.find(userId);
        if (account?.passwordHash === oldHash) await accounts.save({ ...account, passwordHash: newHash });
      }),
  };

  const ada = withPassword(newAccount(snapshot("ada"), clock.now()), "v1:correct horse battery", clock.now());
  const save = (account: Account) =>
    uow.run(async ({ accounts }) => void ((await accounts.add(account)) || (await accounts.save(account))));
  await save(ada);

  return {
    uow,
    time,
    clock,
    ids,
    audited,
    audit,
    guard,
    reader,
    refreshTokens,
    hasher,
    ada,
    save,
    openSession,
    login: createLogin({ accounts: uow.accounts, hasher, passwordHashes, openSession, guard, audit }),
    refresh: createRefreshSession({
      uow,
      rotation,
      refreshTokens,
      issueTokens,
      clock,
      graceMs: 30 * secondMs,
    }),
    logout: createLogout({ uow, clock }),
    revokeSession: createRevokeSession({ uow, clock }),
  };
}

export const snapshot = (userId: string) => ({
  userId,
  email: `${userId}@example.com` as Email,
  status: "ACTIVE" as const,
  version: 1,
});

/** "v1:secret" for the password "secret". Counts what a real one would spend time on. */
function createPlainHasher() {
  const verified: (string | null)[] = [];
  const hasher = {
    verified,
    version: "v1",
    /** Runs while a password is being verified. */
    meanwhile: async (): Promise<void> => {},
    admit: <T>(work: () => Promise<T>): Promise<T> => work(),
    hash: async (password: string) => `${hasher.version}:${password}`,
    async verify(hash: string | null, password: string) {
      verified.push(hash);
      await hasher.meanwhile();
      return hash?.slice(3) === password;
    },
    needsRehash: (hash: string) => !hash.startsWith(hasher.version),
  };
  return hasher satisfies PasswordHasher;
}
