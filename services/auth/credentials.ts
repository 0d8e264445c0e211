import { availableParallelism } from "node:os";
import type { Registry } from "prom-client";
import type { Database } from "../platform/database/database.ts";
import { createTransactions } from "../platform/database/transactions.ts";
import type { Log } from "../platform/log.ts";
import { type Periodic, startPeriodic } from "../platform/periodic.ts";
import { createRevocationSet } from "../platform/rpc/revocation-set.ts";
import { createTokenVerifier } from "../platform/rpc/token-verifier.ts";
import { createLogin } from "./application/login.ts";
import { createIssueTokens, createOpenSession } from "./application/open-session.ts";
import { createPasswordPolicy } from "./application/password-policy.ts";
import type { AccountReader, Clock, Ids, UnitOfWork } from "./application/ports.ts";
import { createRefreshSession } from "./application/refresh-session.ts";
import { createLogout, createRevokeSession } from "./application/revoke-session.ts";
import { createValidateToken } from "./application/validate-token.ts";
import type { AuthApiConfig } from "./config.ts";
import { createPasswordRules } from "./domain/password-policy.ts";
import { createArgon2PasswordHasher, defaultParameters } from "./infrastructure/argon2-password-hasher.ts";
import { createEd25519TokenSigner } from "./infrastructure/ed25519-token-signer.ts";
import { measureHashing } from "./infrastructure/hashing-metrics.ts";
import { createHashingPool } from "./infrastructure/hashing-pool.ts";
import { lowerHashingThreads } from "./infrastructure/hashing-threads.ts";
import { createHmacRefreshTokens } from "./infrastructure/hmac-refresh-tokens.ts";
import { createKeyRing } from "./infrastructure/key-ring.ts";
import { keySchedule } from "./infrastructure/key-schedule.ts";
import { createPostgresAudit } from "./infrastructure/postgres-audit.ts";
import { createPostgresAuditReader } from "./infrastructure/postgres-audit-reader.ts";
import { createPostgresPasswordHashes } from "./infrastructure/postgres-password-hashes.ts";
import { createPostgresSessionOpener } from "./infrastructure/postgres-session-opener.ts";
import { createPostgresSessionReader, createRevokedSessionReader } from "./infrastructure/postgres-session-reader.ts";
import { createPostgresSessionRotation } from "./infrastructure/postgres-session-rotation.ts";
import { createPostgresSigningKeys } from "./infrastructure/postgres-signing-keys.ts";
import { createPostgresTallies } from "./infrastructure/postgres-tallies.ts";
import { type BreachedPasswordList, openPwnedList } from "./infrastructure/pwned-list-breached-passwords.ts";
import { createRevocationFeed } from "./infrastructure/revocation-feed.ts";
import { createRevocationPoller } from "./infrastructure/revocation-poller.ts";
import { createAuditHandlers } from "./infrastructure/rpc-audit.ts";
import { createSessionHandlers } from "./infrastructure/rpc-sessions.ts";
import { createTokenVerification } from "./infrastructure/rpc-token-verification.ts";
import { sha256RequestDigest } from "./infrastructure/sha256-request-digest.ts";
import { createSigningKeyCipher } from "./infrastructure/signing-key-cipher.ts";
import { createTallyGuard } from "./infrastructure/tally-guard.ts";
import { loadZxcvbnCommonPasswords } from "./infrastructure/zxcvbn-common-passwords.ts";

interface CredentialsDeps {
  readonly db: Pick<Database, "orm" | "pool" | "reads">;
  readonly uow: UnitOfWork;
  readonly accounts: AccountReader;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly config: Pick<
    AuthApiConfig,
    | "keyEncryptionKey"
    | "previousKeyEncryptionKeys"
    | "guessing"
    | "breachedPasswords"
    | "passwordMinLength"
    | "publicUrl"
    | "argon2MemoryKib"
    | "tokens"
    | "sessions"
  >;
  readonly log: Log;
  readonly metrics: Registry;
}

/** argon2 runs on libuv's threads: what goes beyond them would wait there, in no order of ours. */
const libuvThreads = Number(process.env.UV_THREADPOOL_SIZE ?? 4);

/** How long this view of the revocations counts without news from the database. */
const maxStalenessMs = 3_000;

/** Everything about passwords, sessions, tokens and keys. */
export async function createCredentials(deps: CredentialsDeps) {
  const { db, uow, accounts, clock, ids, config, log } = deps;
  const { tokens, sessions, keyEncryptionKey: masterKey } = config;
  const masterKeys = [masterKey, ...config.previousKeyEncryptionKeys];
  const audit = createPostgresAudit({ pool: db.pool, clock, ids, log });
  const tallies = createPostgresTallies(db);
  const guard = createTallyGuard({ tallies, rules: config.guessing, masterKey, clock, audit });

  const concurrency = Math.min(availableParallelism(), libuvThreads);
  const pool = measureHashing(createHashingPool({ concurrency }), { concurrency, metrics: deps.metrics });
  const parameters = { ...defaultParameters, memoryKib: config.argon2MemoryKib };
  const hasher = await createArgon2PasswordHasher({ pool, parameters });
  lowerHashingThreads();
  const isCommon = await loadZxcvbnCommonPasswords();
  const rules = createPasswordRules({ minimumLength: config.passwordMinLength, isCommon });
  const breached = await openBreachedPasswords(config.breachedPasswords);
  const policy = createPasswordPolicy({ rules, isBreached: breached.isBreached });

  const keyRing = createKeyRing({
    store: createPostgresSigningKeys({ pool: db.pool, transactions: createTransactions(db), clock, ids, log }),
    cipher: createSigningKeyCipher({ masterKeys }),
    schedule: keySchedule(tokens.accessTtlMs),
    clock,
    log,
  });
  const revocations = createRevocationSet({ maxStalenessMs });
  const feed = createRevocationFeed();
  const poller = createRevocationPoller({
    revokedSince: createRevokedSessionReader(db.pool),
    sinks: [revocations, feed],
    clock,
    accessTtlMs: tokens.accessTtlMs,
    log,
  });
  const verifier = createTokenVerifier({ ...tokens, keys: keyRing.verificationKey, revocations });

  const refreshTokens = createHmacRefreshTokens({ masterKeys });
  const signer = createEd25519TokenSigner({ ...tokens, keyRing, lifetimeMs: tokens.accessTtlMs, clock });
  const issueTokens = createIssueTokens({ signer, refreshTokens });
  const opener = createPostgresSessionOpener({ pool: db.pool, clock, ids, log });
  const openSession = createOpenSession({ opener, issueTokens, refreshTokens, clock, ids, ...sessions });
  const passwordHashes = createPostgresPasswordHashes(db.pool);
  const login = createLogin({ accounts, hasher, passwordHashes, openSession, guard, audit });
  const refresh = createRefreshSession({
    uow,
    rotation: createPostgresSessionRotation({ ...db, ...sessions }),
    refreshTokens,
    issueTokens,
    clock,
    graceMs: sessions.refreshGraceMs,
  });

  const tokenVerification = createTokenVerification({ ...tokens, keyRing, publicUrl: config.publicUrl });

  let sweeping: Periodic | undefined;
  async function sweepTallies(): Promise<void> {
    while ((await tallies.sweep(clock.now(), 1_000)) === 1_000);
  }

  return {
    policy,
    hasher,
    digest: sha256RequestDigest,
    openSession,
    login,
    verifier,
    keyRing,
    guard,
    handlers: {
      ...createAuditHandlers({ audit: createPostgresAuditReader(db.pool) }),
      ...createSessionHandlers({
        login,
        refresh,
        logout: createLogout({ uow, clock }),
        validateToken: createValidateToken({ verifier }),
        revokeSession: createRevokeSession({ uow, clock }),
        sessions: createPostgresSessionReader({ pool: db.pool, ...sessions }),
        revocations: feed,
        clock,
      }),
      ...tokenVerification.handlers,
    },
    plainRoutes: tokenVerification.plainRoutes,
    ready: () => keyRing.ready() && revocations.ready(),
    start() {
      keyRing.start();
      poller.start();
      sweeping ??= startPeriodic({ name: "tally sweep", everyMs: 60_000, work: sweepTallies, log });
    },
    async stop() {
      await Promise.all([keyRing.stop(), poller.stop(), sweeping?.stop(), breached.close()]);
    },
  };
}

/** Without a list, no password counts as breached: the blocklist remains. */
async function openBreachedPasswords(path: string | undefined): Promise<BreachedPasswordList> {
  if (path === undefined) return { isBreached: async () => false, close: async () => undefined };
  try {
    return await openPwnedList(path);
  } catch (error) {
    throw new Error("BREACHED_PASSWORDS cannot be used", { cause: error });
  }
}
