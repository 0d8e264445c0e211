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

/** AES-256-GCM: nonce ‖ ciphertext ‖ tag. The kid is authenticated with it, so that rows cannot be exchanged. */
export function createSigningKeyCipher({ masterKey }: { masterKey: Uint8Array }): SigningKeyCipher {
  const key = derivedKey(masterKey, "limen signing key");
  return {
    seal(kid, privateKey) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(kid));
      return Buffer.concat([nonce, cipher.update(privateKey), cipher.final(), cipher.getAuthTag()]);
    },
    open(kid, sealed) {
      try {
        const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
        decipher.setAAD(Buffer.from(kid)).setAuthTag(sealed.subarray(-tagBytes));
        return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
      } catch (cause) {
        throw new Error(`KEY_ENCRYPTION_KEY does not open the signing key ${kid}`, { cause });
      }
    },
  };
}
