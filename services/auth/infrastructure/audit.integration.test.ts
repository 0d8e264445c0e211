import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { AuthService, type ListAuditEventsResponse } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { reasonOf } from "../../platform/rpc/connect-errors.ts";
import { gatewayCredential, startRpcServer, type TestServer } from "../../platform/rpc/rpc-server.fixture.ts";
import { createServiceCredentials } from "../../platform/rpc/service-credentials.ts";
import { createGrantRole } from "../application/change-roles.ts";
import { createSettleRegistration } from "../application/settle-registration.ts";
import { openTestCredentials, password, type TestCredentials } from "../credentials.fixture.ts";
import { withRole } from "../domain/account.ts";
import { createPostgresAuditReader } from "./postgres-audit-reader.ts";
import { createAccountReader } from "./postgres-readers.ts";

const ipAddress = "203.0.113.7";
const fromThere = { ...gatewayCredential, "limen-client-ip": ipAddress, "limen-user-agent": "Lynx/2.9" };

const noLink = async () => assert.fail("nothing is mailed");

describe("audit trail", () => {
  let test: TestCredentials;
  let server: TestServer;
  let client: Client<typeof AuthService>;
  let admin: Record<string, string>;
  before(async () => {
    test = await openTestCredentials();
    server = await startRpcServer({
      services: (registry) => registry.add(AuthService, test.credentials.handlers),
      authenticator: {
        tokens: test.credentials.verifier,
        services: createServiceCredentials([["gateway", "open sesame"]]),
      },
    });
    client = createClient(AuthService, server.transports.grpc);
    const { account, email } = await test.somebody();
    await test.uow.run(({ accounts }) => accounts.save(withRole(account, "admin", new Date())));
    admin = await headersOf(email);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await test.close();
  });

  async function headersOf(email: string): Promise<Record<string, string>> {
    const { tokens } = await client.login({ email, password }, { headers: fromThere });
    return { ...fromThere, authorization: `Bearer ${tokens?.accessToken}` };
  }
  const wrongly = (email: string) =>
    assert.rejects(client.login({ email, password: "wrong horse battery staple" }, { headers: fromThere }));
  const eventsOf = async (userId: string) =>
    (await client.listAuditEvents({ userId }, { headers: admin })).auditEvents.map(
      ({ type, actor, sessionId, ipAddress: ip, details }) => ({ type, actor, sessionId, ip, details }),
    );

  it("security 30: tells of logins, failures, reuse, ended sessions and throttling, newest first", async () => {
    const { userId, email } = await test.somebody();
    const begin = Date.now();
    const first = await client.login({ email, password }, { headers: fromThere });
    const headers = { ...fromThere, authorization: `Bearer ${first.tokens?.accessToken}` };
    await client.logout({}, { headers });
    const second = await client.login({ email, password }, { headers: fromThere });
    let { refreshToken = "" } = second.tokens ?? {};
    const oldest = refreshToken;
    for (let i = 0; i < 2; i++) {
      refreshToken = (await client.refreshToken({ refreshToken })).tokens?.refreshToken ?? "";
    }
    await assert.rejects(client.refreshToken({ refreshToken: oldest }, { headers: fromThere }));
    for (let i = 0; i < 5; i++) await wrongly(email);

    const by = { actor: userId, ip: ipAddress };
    const nobody = { actor: "", ip: ipAddress, sessionId: "", details: {} };
    assert.deepEqual(await eventsOf(userId), [
      { type: "login_failed", ...nobody },
      { type: "throttled", ...nobody, details: { scope: "address" } },
      ...Array.from({ length: 4 }, () => ({ type: "login_failed", ...nobody })),
      { type: "refresh_token_reused", ...nobody, sessionId: second.sessionId },
      { type: "login_succeeded", ...by, sessionId: second.sessionId, details: {} },
      { type: "session_revoked", ...by, sessionId: first.sessionId, details: { reason: "LOGOUT" } },
      { type: "login_succeeded", ...by, sessionId: first.sessionId, details: {} },
    ]);
    const { auditEvents } = await client.listAuditEvents({ userId }, { headers: admin });
    for (const { occurTime } of auditEvents) {
      const time = Number(occurTime?.seconds) * 1_000 + Number(occurTime?.nanos) / 1e6;
      assert.ok(time >= begin - 1 && time <= Date.now());
    }
  });

  it("security 30: a failed login at an address that nobody has is told without the address", async () => {
    await wrongly("nobody@example.com");
    const { auditEvents } = await client.listAuditEvents({ type: "login_failed", pageSize: 1 }, { headers: admin });
    assert.deepEqual([auditEvents[0]?.userId, auditEvents[0]?.ipAddress], ["", ipAddress]);
  });

  it("security 30: an operator's change of roles is told in the transaction that makes it", async () => {
    const { userId, email } = await test.somebody();
    const grant = createGrantRole({ ...test, accounts: createAccountReader(test.db.pool) });
    await grant(email, "admin");
    assert.deepEqual(await eventsOf(userId), [
      { type: "role_granted", actor: "operator", sessionId: "", ip: "", details: { role: "admin" } },
    ]);
    const failing = test.uow.run(async ({ audit }) => {
      await audit({ event: "role_revoked", userId, by: "operator", role: "admin" });
      throw new Error("rolled back");
    });
    await assert.rejects(failing, /rolled back/);
    assert.equal((await eventsOf(userId)).length, 1);
  });

  it("security 30: a suspension, its end and a deletion are told once, with whoever did it", async () => {
    const { userId, email } = await test.somebody();
    const { settle, eve } = { settle: createSettleRegistration({ ...test, mailLink: noLink }), eve: randomUUID() };
    const user = { userId, email };
    await settle.userChanged({ ...user, status: "SUSPENDED", version: 2 }, randomUUID(), eve);
    await settle.userChanged({ ...user, status: "SUSPENDED", version: 2 }, randomUUID(), eve);
    await settle.userChanged({ ...user, status: "ACTIVE", version: 3 }, randomUUID(), eve);
    await settle.userChanged({ ...user, status: "ACTIVE", version: 4 }, randomUUID(), eve);
    await settle.userChanged({ ...user, status: "DELETED", version: 5 }, randomUUID());
    assert.deepEqual(
      (await eventsOf(userId)).map(({ type, actor }) => [type, actor]),
      [
        ["user_deleted", ""],
        ["user_reactivated", eve],
        ["user_suspended", eve],
      ],
    );
  });

  it("comes in pages that nothing new disturbs, newest first or oldest first", async () => {
    const { userId, email } = await test.somebody();
    const ids = async () => {
      const pages: ListAuditEventsResponse[] = [];
      let pageToken = "";
      do {
        const page = await client.listAuditEvents({ userId, pageSize: 2, pageToken }, { headers: admin });
        pages.push(page);
        pageToken = page.nextPageToken;
        await wrongly(email);
      } while (pageToken !== "");
      return pages.flatMap(({ auditEvents }) => auditEvents.map(({ id }) => id));
    };
    for (let i = 0; i < 2; i++) await headersOf(email);
    await wrongly(email);
    const newestFirst = await ids();
    assert.equal(newestFirst.length, 3);
    const { oldest } = createPostgresAuditReader(test.db.pool);
    const oldestFirst = (await oldest({ userId }, { after: null, limit: 3 })).map(({ id }) => id);
    assert.deepEqual(oldestFirst, [...newestFirst].reverse());
  });

  it("keeps to a span of time and a type", async () => {
    const { userId, email } = await test.somebody();
    await wrongly(email);
    await headersOf(email);
    const { oldest } = createPostgresAuditReader(test.db.pool);
    const page = { after: null, limit: 10 };
    const [failed, succeeded] = await oldest({ userId }, page);
    assert.ok(failed && succeeded);
    const idsOf = async (query: Parameters<typeof oldest>[0]) =>
      (await oldest({ userId, ...query }, page)).map(({ id }) => id);
    assert.deepEqual(await idsOf({ type: "login_succeeded" }), [succeeded.id]);
    assert.deepEqual(await idsOf({ until: succeeded.occurTime }), [failed.id]);
    assert.deepEqual(await idsOf({ since: succeeded.occurTime }), [succeeded.id]);
  });

  it("security 23: is for administrators", async () => {
    const headers = await headersOf((await test.somebody()).email);
    const refused = (code: Code, reason: string) => (error: unknown) => {
      assert.ok(error instanceof ConnectError);
      assert.deepEqual([error.code, reasonOf(error)], [code, reason]);
      return true;
    };
    await assert.rejects(client.listAuditEvents({}, { headers }), { code: Code.PermissionDenied });
    await assert.rejects(client.listAuditEvents({}), refused(Code.Unauthenticated, "TOKEN_REQUIRED"));
    const damaged = client.listAuditEvents({ pageToken: "?" }, { headers: admin });
    await assert.rejects(damaged, refused(Code.InvalidArgument, "INVALID_PAGE_TOKEN"));
    assert.deepEqual(await eventsOf(randomUUID()), []);
  });

  it("security 29: holds no password and no token", async () => {
    const { rows } = await test.db.pool.query<{ row: string }>("select e::text as row from auth.audit_events e");
    assert.ok(rows.length > 10);
    for (const { row } of rows) assert.doesNotMatch(row, /horse|lr1\.|eyJ|example\.com/);
  });
});
