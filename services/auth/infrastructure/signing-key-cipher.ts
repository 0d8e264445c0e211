import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { derivedKey } from "./derived-key.ts";

export interface SigningKeyCipher {
  seal(kid: string, privateKey: Uint8Array): Uint8Array;
  /** @throws Error when it was sealed under another key-encryption key or for another kid, or was changed. */
  open(kid: string, sealed: Uint8Array): Buffer;
}

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM: nonce ‖ ciphertext ‖ tag. The kid is authenticated with it, so that rows cannot be exchanged. Seals under
 * the first key-encryption key and opens what was sealed under any of them.
 */
export function createSigningKeyCipher(deps: { readonly masterKeys: readonly Uint8Array[] }): SigningKeyCipher {
  const keys = deps.masterKeys.map((masterKey) => derivedKey(masterKey, "limen signing key"));
  const [key] = keys;
  if (key === undefined) throw new Error("there is no key-encryption key");
  return {
    seal(kid, privateKey) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(kid));
      return Buffer.concat([nonce, cipher.update(privateKey), cipher.final(), cipher.getAuthTag()]);
    },
    open(kid, sealed) {
      const failures: unknown[] = [];
      for (const candidate of keys) {
        try {
          return openWith(candidate, kid, sealed);
        } catch (error) {
          failures.push(error);
        }
      }
      throw new Error(`KEY_ENCRYPTION_KEY does not open the signing key ${kid}`, { cause: failures[0] });
    },
  };
}

function openWith(key: Uint8Array, kid: string, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(kid)).setAuthTag(sealed.subarray(-tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
}
