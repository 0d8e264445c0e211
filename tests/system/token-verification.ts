import assert from "node:assert/strict";
import { createPublicKey, type JsonWebKeyInput } from "node:crypto";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createVerifier } from "fast-jwt";
import type { System } from "./system.ts";

const discovery = "/.well-known/oauth-authorization-server";

/** Another implementation of JWT than the one that Limen signs and verifies with, told where the metadata are, and nothing else. */
async function strangersVerifier(baseUrl: string) {
  const { issuer, audience, jwks_uri } = (await (await fetch(new URL(discovery, baseUrl))).json()) as Record<
    string,
    string
  >;
  assert.ok(issuer && audience && jwks_uri);
  return createVerifier({
    algorithms: ["EdDSA"],
    allowedIss: issuer,
    allowedAud: audience,
    checkTyp: "at+jwt",
    requiredClaims: ["iss", "aud", "sub", "exp", "iat", "jti"],
    key: async ({ header }: { header: Record<string, unknown> }) => {
      const { keys } = (await (await fetch(jwks_uri)).json()) as { keys: (JsonWebKeyInput["key"] & { kid: string })[] };
      const jwk = keys.find(({ kid }) => kid === header.kid);
      if (jwk === undefined) throw new Error("no such key is published");
      return createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" });
    },
  });
}

const kidOf = (token: string): string => JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid;

export function tokenVerificationSuite(system: () => System): void {
  describe("access tokens elsewhere", () => {
    it("security 11: say what a verifier has to know, and where the keys are", async () => {
      const { url, client } = system();
      const { status, headers, body } = await client("GET", discovery);
      assert.equal(status, 200);
      assert.match(headers.get("cache-control") ?? "", /^public, max-age=\d+$/);
      assert.deepEqual(body, { issuer: "limen", jwks_uri: `${url}/.well-known/jwks.json`, audience: "limen" });
      const direct = await fetch(`http://127.0.0.1:${system().ports.authHttp}${discovery}`);
      assert.deepEqual(await direct.json(), body);
    });

    it("security 11, 12: verify with another implementation, and forged ones do not", async () => {
      const { url, client } = system();
      const { userId, tokens } = await client.register();
      const verify = await strangersVerifier(url);
      const claims = await verify(tokens.accessToken);
      assert.deepEqual([claims.sub, claims.iss, claims.aud], [userId, "limen", "limen"]);
      const [header = "", payload = "", signature = ""] = tokens.accessToken.split(".");
      const other = Buffer.from(JSON.stringify({ ...claims, sub: "somebody else" })).toString("base64url");
      for (const forged of [`${header}.${other}.${signature}`, `${header}.${payload}.`, tokens.refreshToken]) {
        await assert.rejects(verify(forged));
      }
    });

    it("security 13: verify there before, while and after the keys rotate", async () => {
      const { url, client, ops } = system();
      const person = await client.register();
      const verify = await strangersVerifier(url);
      const before = person.tokens.accessToken;
      await ops("keys", "rotate");
      const after = await newlySigned(before);
      for (const token of [before, after]) assert.equal((await verify(token)).sub, person.userId);

      /** The next key signs once every verifier can know it: within some 15 s. */
      async function newlySigned(old: string): Promise<string> {
        for (const end = Date.now() + 40_000; Date.now() < end; await sleep(500)) {
          const { accessToken } = await client.login(person);
          assert.equal((await verify(accessToken)).sub, person.userId);
          assert.equal((await client("GET", "/api/v1/users/me", { token: accessToken })).status, 200);
          if (kidOf(accessToken) !== kidOf(old)) return accessToken;
        }
        return assert.fail("the next key did not sign");
      }
    });
  });
}
