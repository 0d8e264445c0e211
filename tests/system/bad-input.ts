import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { somebody } from "../support/client.ts";
import type { System } from "./system.ts";

const register = "/api/v1/auth/register";

export function badInputSuite(system: () => System): void {
  describe("bad input", () => {
    it("security 27: is answered with a problem that names the field", async () => {
      const { client } = system();
      const person = somebody();
      const cases: [string, string | undefined][] = [
        ["{", undefined],
        ["[]", undefined],
        [JSON.stringify({ ...person, admin: true }), "admin"],
        [JSON.stringify({ ...person, name: 7 }), "name"],
        [JSON.stringify({ ...person, email: [] }), "email"],
        [`{"name":"a","name":"b","email":"${person.email}","password":"${person.password}"}`, "name"],
        [`{"__proto__":{"name":"x"},"name":"a","email":"${person.email}","password":"${person.password}"}`, undefined],
        [JSON.stringify({ ...person, name: "a\u0000b" }), "name"],
        [`{"name":"\\ud800","email":"${person.email}","password":"${person.password}"}`, undefined],
        [JSON.stringify({ ...person, email: `${person.email}\r\nBcc: everybody@example.com` }), "email"],
        ["[".repeat(1_000) + "]".repeat(1_000), undefined],
      ];
      for (const [raw, field] of cases) {
        const { status, headers, body } = await client("POST", register, { raw });
        const shown = raw.slice(0, 80);
        assert.equal(status, 400, shown);
        assert.equal(headers.get("content-type"), "application/problem+json", shown);
        assert.deepEqual([body.status, typeof body.title, typeof body.requestId], [400, "string", "string"], shown);
        if (field !== undefined) assert.equal(body.violations?.[0]?.field, field, shown);
      }
    });

    it("of 20 MB is refused without being read", async () => {
      const { url } = system();
      const { hostname, port } = new URL(url);
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), hostname, () => {
          socket.write(
            `POST ${register} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 20000000\r\n\r\n{"name":"`,
          );
        });
        socket.setTimeout(5_000, () => reject(new Error("no answer")));
        socket.once("data", (data) => {
          resolve(data.toString());
          socket.destroy();
        });
        socket.once("error", reject);
      });
      assert.match(answer, /^HTTP\/1\.1 413 /);
    });

    it("names an unknown path and a wrong method", async () => {
      const { client } = system();
      assert.equal((await client("GET", "/api/v1/nothing")).status, 404);
      assert.equal((await client("PUT", register, { body: {} })).status, 405);
    });

    it("cannot make anybody somebody else", async () => {
      const { client } = system();
      const ada = await client.register();
      const headers = { "limen-service-credential": "gateway:guess", "x-user-id": ada.userId };
      assert.equal((await client("GET", `/api/v1/users/${ada.userId}`, { headers })).status, 401);
    });
  });
}
