import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { RefreshTokens } from "../application/credential-ports.ts";
import { derivedKey } from "./derived-key.ts";

const prefix = "lr1.";
const idBytes = 16;
const counterBytes = 4;
const macBytes = 32;
const form = /^[A-Za-z0-9_-]{70}$/;

/**
 * `lr1.` and, in base64url, the session's id, its counter and HMAC-SHA-256(salt ‖ id ‖ counter). Nothing is stored that
 * could be presented: whoever reads the database lacks the key, and whoever has the key lacks the salt. Tokens are made with
 * the first key-encryption key and count under any of them, so that a new one logs nobody out.
 */
export function createHmacRefreshTokens(deps: { readonly masterKeys: readonly Uint8Array[] }): RefreshTokens {
  const keys = deps.masterKeys.map((masterKey) => derivedKey(masterKey, "limen refresh token"));
  const [newest] = keys;
  if (newest === undefined) throw new Error("there is no key-encryption key");
  const macOf = (key: Uint8Array, salt: Uint8Array, name: Uint8Array) =>
    createHmac("sha256", key).update(salt).update(name).digest();

  return {
    newSalt: () => Uint8Array.from(randomBytes(16)),
    mint({ id, salt, counter }) {
      const name = nameOf(id, counter);
      return prefix + Buffer.concat([name, macOf(newest, salt, name)]).toString("base64url");
    },
    parse(token) {
      const body = token.startsWith(prefix) ? token.slice(prefix.length) : "";
      const bytes = Buffer.from(form.test(body) ? body : "", "base64url");
      // One text per token: unused bits in the last character would make others of it.
      if (bytes.length !== idBytes + counterBytes + macBytes || bytes.toString("base64url") !== body) return null;
      return {
        sessionId: toUuid(bytes.subarray(0, idBytes)),
        counter: bytes.readUInt32BE(idBytes),
        proof: bytes.subarray(idBytes + counterBytes),
      };
    },
    verify: ({ sessionId, counter, proof }, { id, salt }) =>
      sessionId === id && keys.some((key) => timingSafeEqual(macOf(key, salt, nameOf(id, counter)), proof)),
  };
}

function nameOf(id: string, counter: number): Buffer {
  const name = Buffer.alloc(idBytes + counterBytes);
  name.write(id.replaceAll("-", ""), "hex");
  name.writeUInt32BE(counter, idBytes);
  return name;
}

function toUuid(bytes: Buffer): string {
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
