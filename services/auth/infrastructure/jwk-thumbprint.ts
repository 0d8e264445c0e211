import { createHash } from "node:crypto";

/** RFC 7638 (RFC 8037, appendix A.3): the required members in lexical order, hashed. Names a key by what it is. */
export function thumbprint(publicKey: string): string {
  return createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${publicKey}"}`).digest("base64url");
}
