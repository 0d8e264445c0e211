import { generateKeyPairSync } from "node:crypto";
import type { CreateKey } from "../domain/signing-key.ts";
import { thumbprint } from "./jwk-thumbprint.ts";
import type { SigningKeyCipher } from "./signing-key-cipher.ts";

/** An Ed25519 pair, named by its thumbprint, its private half sealed. */
export const newSigningKey =
  (cipher: Pick<SigningKeyCipher, "seal">): CreateKey =>
  (createTime, activateTime) => {
    const pair = generateKeyPairSync("ed25519");
    const publicKey = String(pair.publicKey.export({ format: "jwk" }).x);
    const kid = thumbprint(publicKey);
    const privateKey = cipher.seal(kid, pair.privateKey.export({ format: "der", type: "pkcs8" }));
    return { kid, publicKey, privateKey, createTime, activateTime, expireTime: null };
  };
