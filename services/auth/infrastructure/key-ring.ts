import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { errors, type JWTVerifyGetKey } from "jose";
import { DomainError } from "../../platform/errors.ts";
import type { Log } from "../../platform/log.ts";
import { type Periodic, startPeriodic } from "../../platform/periodic.ts";
import type { AuditEntry } from "../application/credential-ports.ts";
import type { Clock } from "../application/ports.ts";
import {
  currentKey,
  isScheduleMet,
  type KeySchedule,
  publishedKeys,
  type SigningKey,
  scheduled,
} from "../domain/signing-key.ts";
import { newSigningKey } from "./new-signing-key.ts";
import type { SigningKeyCipher } from "./signing-key-cipher.ts";

export interface SigningKeyStore {
  list(): Promise<readonly SigningKey[]>;
  /**
   * Keeps exactly what `change` makes of the keys, and gives it back. One at a time across all processes. Where it makes
   * others of them, what `entryOf` says of these is kept with them in the audit trail.
   */
  update(
    change: (keys: readonly SigningKey[]) => readonly SigningKey[],
    entryOf: (keys: readonly SigningKey[]) => AuditEntry | null,
  ): Promise<readonly SigningKey[]>;
}

export interface KeyRing {
  start(): void;
  stop(): Promise<void>;
  /** True once keys were read. They stay in use while the database is away. */
  ready(): boolean;
  /** The key that signs now. @throws DomainError KEYS_UNAVAILABLE before the keys have been read. */
  signer(): { readonly kid: string; readonly privateKey: KeyObject };
  /** Next, current and previous. */
  published(): readonly SigningKey[];
  /** For a token verifier; reads the keys again for a kid that it does not know, once per interval. */
  readonly verificationKey: JWTVerifyGetKey;
  /** Reads the keys again now, and not only at the next interval. */
  reload(): Promise<void>;
}

interface KeyRingDeps {
  readonly store: SigningKeyStore;
  readonly cipher: SigningKeyCipher;
  readonly schedule: KeySchedule;
  readonly clock: Clock;
  readonly log: Log;
  readonly reloadMs?: number;
}

/** The signing keys in memory. Makes the first ones, and each next one in its time; several instances make one together. */
export function createKeyRing(deps: KeyRingDeps): KeyRing {
  const { store, cipher, schedule, clock, log, reloadMs = 5_000 } = deps;
  const privateKeys = new Map<string, KeyObject>();
  const publicKeys = new Map<string, KeyObject>();
  let keys: readonly SigningKey[] = [];
  let reloading: Periodic | undefined;
  let askedTime = Number.NEGATIVE_INFINITY;

  const create = newSigningKey(cipher);

  /** A key that cannot be opened would sign nothing: that is noticed here, while the keys before it are still in use. */
  function use(read: readonly SigningKey[]): void {
    for (const { kid, publicKey, privateKey } of read) {
      if (privateKeys.has(kid)) continue;
      const der = cipher.open(kid, privateKey);
      privateKeys.set(kid, createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
      publicKeys.set(kid, createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" }));
    }
    keys = read;
    const known = new Set(read.map(({ kid }) => kid));
    for (const map of [privateKeys, publicKeys]) for (const kid of map.keys()) if (!known.has(kid)) map.delete(kid);
  }

  async function reload(): Promise<void> {
    const read = await store.list();
    if (isScheduleMet(read, clock.now())) return use(read);
    use(
      await store.update(
        (known) => (isScheduleMet(known, clock.now()) ? known : scheduled(known, schedule, clock.now(), create)),
        (changed) => {
          const kid = currentKey(changed, clock.now())?.kid;
          return kid === undefined ? null : { event: "signing_key_rotated", by: "system", kid };
        },
      ),
    );
    log.info({ event: "signing_keys_scheduled", kids: keys.map(({ kid }) => kid) }, "signing keys are in place");
  }

  const published = () => publishedKeys(keys, clock.now());

  async function reloadForUnknown(): Promise<void> {
    const now = clock.now().getTime();
    if (now - askedTime < reloadMs) return;
    askedTime = now;
    await reload();
  }

  return {
    reload,
    start() {
      reloading ??= startPeriodic({ name: "signing keys", everyMs: reloadMs, work: reload, log });
    },
    stop: async () => reloading?.stop(),
    ready: () => keys.length > 0,
    signer() {
      const kid = currentKey(keys, clock.now())?.kid;
      const privateKey = kid === undefined ? undefined : privateKeys.get(kid);
      if (kid === undefined || privateKey === undefined) {
        throw new DomainError("unavailable", "KEYS_UNAVAILABLE", "signing keys have not been read yet");
      }
      return { kid, privateKey };
    },
    published,
    async verificationKey({ kid = "" }) {
      const isPublished = () => published().some((key) => key.kid === kid);
      if (!isPublished()) await reloadForUnknown();
      const key = isPublished() ? publicKeys.get(kid) : undefined;
      if (key === undefined) throw new errors.JWKSNoMatchingKey();
      return key;
    },
  };
}
