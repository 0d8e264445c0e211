import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../support/client.ts";
import type { System } from "./system.ts";

export function usersSuite(system: () => System): void {
  const administrator = async (): Promise<string> => {
    const { client, ops } = system();
    const admin = await client.register();
    await ops("roles", "grant", admin.email, "admin");
    return (await client.login(admin)).accessToken;
  };

  describe("users", () => {
    it("shows a person to themselves and to administrators, and to nobody else", async () => {
      const { client } = system();
      const [ada, grace] = [await client.register(), await client.register()];
      const path = `/api/v1/users/${ada.userId}`;
      const own = await client("GET", path, { token: ada.tokens.accessToken });
      assert.deepEqual([own.status, own.body.user.email], [200, ada.email]);
      assert.equal(own.headers.get("etag"), `"${own.body.user.etag}"`);
      assert.equal((await client("GET", path)).status, 401);
      assert.equal((await client("GET", path, { token: "garbage" })).status, 401);
      const foreign = await client("GET", path, { token: grace.tokens.accessToken });
      assert.deepEqual([foreign.status, foreign.body.reason], [403, "NOT_OWNER"]);
      assert.equal((await client("GET", path, { token: await administrator() })).status, 200);
    });

    it("changes a name, for the version that the caller saw", async () => {
      const { client } = system();
      const { userId, tokens } = await client.register();
      const path = `/api/v1/users/${userId}`;
      const token = tokens.accessToken;
      const seen = await client("GET", path, { token });
      const headers = { "if-match": seen.headers.get("etag") ?? "" };
      const renamed = await client("PATCH", `${path}?updateMask=name`, { body: { name: "Augusta" }, token, headers });
      assert.deepEqual([renamed.status, renamed.body.user.name], [200, "Augusta"]);
      assert.notEqual(renamed.headers.get("etag"), seen.headers.get("etag"));
      const late = await client("PATCH", `${path}?updateMask=name`, { body: { name: "Ada" }, token, headers });
      assert.deepEqual([late.status, late.body.reason], [412, "ETAG_MISMATCH"]);
      for (const field of ["email", "status"]) {
        const value = field === "email" ? "other@example.com" : "SUSPENDED";
        const refused = await client("PATCH", `${path}?updateMask=${field}`, { body: { [field]: value }, token });
        assert.deepEqual([refused.status, refused.body.reason], [400, "FIELD_NOT_UPDATABLE"], field);
      }
    });

    it("lists users page by page, for administrators", async () => {
      const { client } = system();
      const people = [await client.register(), await client.register(), await client.register()];
      const token = await administrator();
      const denied = await client("GET", "/api/v1/users", { token: people[0]?.tokens.accessToken ?? "" });
      assert.deepEqual([denied.status, denied.body.reason], [403, "ADMIN_REQUIRED"]);
      const seen: string[] = [];
      let pageToken = "";
      do {
        const { status, body } = await client("GET", `/api/v1/users?pageSize=2&pageToken=${pageToken}`, { token });
        assert.equal(status, 200);
        assert.ok(body.users.length <= 2);
        seen.push(...body.users.map((user: { id: string }) => user.id));
        pageToken = body.nextPageToken;
      } while (pageToken !== "");
      assert.equal(new Set(seen).size, seen.length);
      for (const { userId } of people) assert.ok(seen.includes(userId));
    });

    it("security 19: keeps a suspended person out, and lets them in again", async () => {
      const { client } = system();
      const ada = await client.register();
      const token = await administrator();
      const suspended = await client("POST", `/api/v1/users/${ada.userId}:suspend`, { token });
      assert.deepEqual([suspended.status, suspended.body.user.status], [200, "SUSPENDED"]);
      const { email, password } = ada;
      const login = () => client("POST", "/api/v1/auth/login", { body: { email, password } });
      const refused = await eventually(login, ({ status }) => status === 401);
      assert.equal(refused.body.reason, "INVALID_CREDENTIALS");
      const { refreshToken, accessToken } = ada.tokens;
      assert.equal((await client("POST", "/api/v1/auth/refresh", { body: { refreshToken } })).status, 401);
      await eventually(
        () => client("GET", "/api/v1/users/me", { token: accessToken }),
        ({ status }) => status === 401,
      );
      assert.equal((await client("POST", `/api/v1/users/${ada.userId}:reactivate`, { token })).status, 200);
      await eventually(login, ({ status }) => status === 200);
    });

    it("security 19: deletes a person, who is then gone for themselves and for login", async () => {
      const { client } = system();
      const ada = await client.register();
      const deleted = await client("DELETE", "/api/v1/users/me", { token: ada.tokens.accessToken });
      assert.deepEqual([deleted.status, deleted.body.user.status], [200, "DELETED"]);
      const { email, password } = ada;
      await eventually(
        () => client("POST", "/api/v1/auth/login", { body: { email, password } }),
        ({ status }) => status === 401,
      );
      const again = await client("POST", "/api/v1/auth/register", { body: { name: "Ada", email, password } });
      assert.deepEqual([again.status, again.body.reason], [409, "EMAIL_TAKEN"]);
    });

    it("security 30: the audit trail tells who suspended, let in again and deleted a person", async () => {
      const { client } = system();
      const [ada, token] = [await client.register(), await administrator()];
      const { body: me } = await client("GET", "/api/v1/users/me", { token });
      for (const verb of [":suspend", ":reactivate"]) {
        assert.equal((await client("POST", `/api/v1/users/${ada.userId}${verb}`, { token })).status, 200);
      }
      assert.equal((await client("DELETE", `/api/v1/users/${ada.userId}`, { token })).status, 200);
      const { body } = await eventually(
        () => client("GET", `/api/v1/auth/audit-events?userId=${ada.userId}&type=user_deleted`, { token }),
        (answer) => answer.body.auditEvents?.length === 1,
      );
      assert.equal(body.auditEvents[0].actor, me.user.id);
      const all = await client("GET", `/api/v1/auth/audit-events?userId=${ada.userId}`, { token });
      const told = all.body.auditEvents.map(
        ({ type, actor }: Record<string, string>) => `${type} ${actor === me.user.id}`,
      );
      // The news may overtake each other: what is older than what is known changes nothing.
      for (const event of told)
        assert.match(event, /^user_(suspended|reactivated|deleted) true$|^(login_succeeded|session_revoked) /);
    });
  });
}
