import { createHmac, timingSafeEqual } from "node:crypto";
import type { ProofTokens } from "../application/credential-ports.ts";
import type { Proof, ProofKind } from "../domain/proof.ts";
import { derivedKey } from "./derived-key.ts";

const idBytes = 16;
const macBytes = 32;
const form = /^[A-Za-z0-9_-]{64}$/;

/**
 * In base64url, the proof's id and HMAC-SHA-256(id ‖ kind): 256 bits that nobody guesses and nobody finds in the
 * database. A token of one kind is none of another. Tokens are made with the first key-encryption key and count under any of
 * them.
 */
export function createHmacProofTokens(deps: { readonly masterKeys: readonly Uint8Array[] }): ProofTokens {
  const keys = deps.masterKeys.map((masterKey) => derivedKey(masterKey, "limen proof token"));
  const [newest] = keys;
  if (newest === undefined) throw new Error("there is no key-encryption key");

  return {
    mint({ id, kind }: Pick<Proof, "id" | "kind">) {
      const bytes = Buffer.from(id.replaceAll("-", ""), "hex");
      return Buffer.concat([bytes, macOf(newest, bytes, kind)]).toString("base64url");
    },
    verify(token, kinds) {
      const bytes = Buffer.from(form.test(token) ? token : "", "base64url");
      if (bytes.length !== idBytes + macBytes) return null;
      const [id, mac] = [bytes.subarray(0, idBytes), bytes.subarray(idBytes)];
      const matches = keys.some((key) => kinds.some((kind) => timingSafeEqual(macOf(key, id, kind), mac)));
      return matches ? toUuid(id) : null;
    },
  };
}

const macOf = (key: Uint8Array, id: Uint8Array, kind: ProofKind): Buffer =>
  createHmac("sha256", key).update(id).update(kind).digest();

const toUuid = (bytes: Buffer): string =>
  bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
