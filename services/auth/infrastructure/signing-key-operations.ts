import type { AuditEntry } from "../application/credential-ports.ts";
import type { Clock } from "../application/ports.ts";
import { signingKeyNotFound } from "../domain/errors.ts";
import { type KeySchedule, nextKey, rotated, type SigningKey, withoutKey } from "../domain/signing-key.ts";
import type { SigningKeyStore } from "./key-ring.ts";
import { newSigningKey } from "./new-signing-key.ts";
import type { SigningKeyCipher } from "./signing-key-cipher.ts";

/**
 * What somebody at a shell may do to the signing keys. Each gives the keys back as they are then.
 * @throws Error when the key-encryption keys do not open the keys that are there: then those made now would be no good.
 */
export interface SigningKeyOperations {
  /** The next key signs, as soon as every verifier can know it. Does nothing while one is about to take over. */
  rotate(): Promise<readonly SigningKey[]>;
  /** Published no more; what it signed counts no more within a minute. @throws DomainError SIGNING_KEY_NOT_FOUND. */
  revoke(kid: string): Promise<readonly SigningKey[]>;
  /** Seals every private key under the first key-encryption key, so that the previous ones need not be kept for them. */
  reencrypt(): Promise<readonly SigningKey[]>;
}

export function createSigningKeyOperations(deps: {
  readonly store: SigningKeyStore;
  readonly cipher: SigningKeyCipher;
  readonly schedule: KeySchedule;
  readonly clock: Clock;
}): SigningKeyOperations {
  const { store, cipher, schedule, clock } = deps;
  const create = newSigningKey(cipher);
  const told = (event: "signing_key_rotated" | "signing_key_revoked", kid: string | undefined): AuditEntry | null =>
    kid === undefined ? null : { event, by: "operator", kid };
  function openAll(keys: readonly SigningKey[]): void {
    for (const { kid, privateKey } of keys) cipher.open(kid, privateKey);
  }

  return {
    rotate() {
      let successor: string | undefined;
      return store.update(
        (keys) => {
          openAll(keys);
          successor = nextKey(keys, clock.now())?.kid;
          return rotated(keys, schedule, clock.now(), create);
        },
        () => told("signing_key_rotated", successor),
      );
    },
    revoke: (kid) =>
      store.update(
        (keys) => {
          openAll(keys);
          const others = withoutKey(keys, kid, schedule, clock.now(), create);
          if (others === keys) throw signingKeyNotFound();
          return others;
        },
        () => told("signing_key_revoked", kid),
      ),
    reencrypt: () =>
      store.update(
        (keys) =>
          keys.map((key) => ({ ...key, privateKey: cipher.seal(key.kid, cipher.open(key.kid, key.privateKey)) })),
        () => null,
      ),
  };
}
