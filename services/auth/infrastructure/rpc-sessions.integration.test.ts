import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { reasonOf } from "../../platform/rpc/connect-errors.ts";
import { createRevocationFollower } from "../../platform/rpc/follow-revocations.ts";
import { createRevocationSet } from "../../platform/rpc/revocation-set.ts";
import { gatewayCredential, startRpcServer, type TestServer } from "../../platform/rpc/rpc-server.fixture.ts";
import { createServiceCredentials } from "../../platform/rpc/service-credentials.ts";
import { openTestCredentials, password, type TestCredentials, until } from "../credentials.fixture.ts";
import { project } from "../domain/account.ts";
import { silent } from "./test-database.fixture.ts";

describe("session methods", () => {
  let test: TestCredentials;
  let server: TestServer;
  let client: Client<typeof AuthService>;
  before(async () => {
    test = await openTestCredentials();
    const services = createServiceCredentials([["gateway", "open sesame"]]);
    server = await startRpcServer({
      services: (registry) => registry.add(AuthService, test.credentials.handlers),
      authenticator: { tokens: test.credentials.verifier, services },
    });
    client = createClient(AuthService, server.transports.grpc);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await test.close();
  });

  const refresh = async (refreshToken: string) => (await client.refreshToken({ refreshToken })).tokens;

  async function loggedIn() {
    const person = await test.somebody();
    const { sessionId, tokens } = await client.login(
      { email: person.email, password },
      { headers: { ...gatewayCredential, "limen-client-ip": "203.0.113.7", "limen-user-agent": "Lynx/2.9" } },
    );
    assert.ok(tokens);
    return { ...person, sessionId, tokens, headers: { authorization: `Bearer ${tokens.accessToken}` } };
  }

  const refused = (code: Code, reason: string) => (error: unknown) => {
    assert.ok(error instanceof ConnectError);
    assert.deepEqual([Code[error.code], reasonOf(error)], [Code[code], reason]);
    return true;
  };
  const badRefresh = refused(Code.Unauthenticated, "INVALID_REFRESH_TOKEN");

  it("logs in, validates, refreshes, lists and logs out", async () => {
    const { userId, sessionId, tokens, headers } = await loggedIn();
    assert.deepEqual([tokens.tokenType, tokens.expiresIn], ["Bearer", 600]);
    const valid = await client.validateToken({ accessToken: tokens.accessToken });
    assert.deepEqual([valid.active, valid.userId, valid.sessionId, valid.roles], [true, userId, sessionId, ["user"]]);
    assert.ok(Math.abs(Number(valid.expireTime?.seconds) - Date.now() / 1_000 - 600) < 5);
    const { sessions } = await client.listSessions({}, { headers });
    assert.deepEqual(
      sessions.map(({ id, userAgent, ipAddress, current }) => [id, userAgent, ipAddress, current]),
      [[sessionId, "Lynx/2.9", "203.0.113.7", true]],
    );
    const next = await refresh(tokens.refreshToken);
    await client.logout({}, { headers });
    await assert.rejects(refresh(next?.refreshToken ?? ""), badRefresh);
    await until(async () => !(await client.validateToken({ accessToken: tokens.accessToken })).active);
  });

  it("security 7: every refused login has the same answer", async () => {
    const { email } = await test.somebody();
    const answers = await Promise.all(
      [
        { email, password: "wrong horse battery staple" },
        { email: "nobody@example.com", password },
        { email: "no address", password },
      ].map((request) =>
        client.login(request).then(
          () => "logged in",
          (error: ConnectError) => [error.code, error.rawMessage, error.details.map(({ value }) => value)],
        ),
      ),
    );
    assert.deepEqual(answers[0]?.slice(0, 2), [Code.Unauthenticated, "email or password is wrong"]);
    assert.deepEqual(answers, [answers[0], answers[0], answers[0]]);
  });

  it("security 15: 20 parallel refreshes of one token give one successor, and all carry it", async () => {
    const { tokens, sessionId } = await loggedIn();
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(tokens.refreshToken)));
    const successors = new Set(answers.map((answer) => answer?.refreshToken));
    assert.equal(successors.size, 1);
    const { rows } = await test.db.pool.query("select counter, revoke_time from auth.sessions where id = $1", [
      sessionId,
    ]);
    assert.deepEqual(rows, [{ counter: 2, revoke_time: null }]);
    const [successor] = successors;
    assert.ok(await refresh(successor ?? ""));
  });

  it("security 16: an older token ends the session and leaves one event in the outbox", async () => {
    const { tokens, sessionId, userId } = await loggedIn();
    const second = await refresh(tokens.refreshToken);
    const third = await refresh(second?.refreshToken ?? "");
    const reuses = await Promise.allSettled(Array.from({ length: 5 }, () => refresh(tokens.refreshToken)));
    for (const reuse of reuses) assert.ok(reuse.status === "rejected" && badRefresh(reuse.reason));
    await assert.rejects(refresh(third?.refreshToken ?? ""), badRefresh);
    const { rows } = await test.db.pool.query("select type, data from auth.outbox where subject = $1", [userId]);
    assert.deepEqual(
      rows.map(({ type, data }) => [type, data.sessionId, data.userId]),
      [["limen.auth.v1.RefreshTokenReused", sessionId, userId]],
    );
  });

  it("security 17: the predecessor gets the same token within the grace, and ends the session after it", async () => {
    const { tokens, sessionId } = await loggedIn();
    const { refreshToken } = (await refresh(tokens.refreshToken)) ?? {};
    assert.equal((await refresh(tokens.refreshToken))?.refreshToken, refreshToken);
    await test.db.pool.query(
      "update auth.sessions set rotate_time = rotate_time - interval '31 seconds' where id = $1",
      [sessionId],
    );
    await assert.rejects(refresh(tokens.refreshToken), badRefresh);
    await assert.rejects(refresh(refreshToken ?? ""), badRefresh);
  });

  it("security 19: a suspended person has no session, no refresh and no login", async () => {
    const { account, email, tokens } = await loggedIn();
    const user = { userId: account.userId, email, status: "SUSPENDED" as const, version: 2 };
    await test.uow.run(async (tx) => {
      await tx.accounts.save(project(account, user, new Date()));
      await tx.sessions.revokeAll(account.userId, "USER_SUSPENDED", new Date());
    });
    await assert.rejects(refresh(tokens.refreshToken), badRefresh);
    await assert.rejects(client.login({ email, password }), refused(Code.Unauthenticated, "INVALID_CREDENTIALS"));
    await until(async () => !(await client.validateToken({ accessToken: tokens.accessToken })).active);
  });

  it("security 24: nobody ends another person's session", async () => {
    const [ada, eve] = [await loggedIn(), await loggedIn()];
    const revoke = (id: string) => client.revokeSession({ id }, { headers: eve.headers });
    await assert.rejects(revoke(ada.sessionId), refused(Code.NotFound, "SESSION_NOT_FOUND"));
    await assert.rejects(revoke(randomUUID()), refused(Code.NotFound, "SESSION_NOT_FOUND"));
    assert.equal((await client.listSessions({}, { headers: ada.headers })).sessions.length, 1);
    await revoke(eve.sessionId);
    await assert.rejects(refresh(eve.tokens.refreshToken), badRefresh);
  });

  it("takes garbage for a token that does not count", async () => {
    const { tokens } = await loggedIn();
    const [head, , signature] = tokens.accessToken.split(".");
    const foreign = [head, Buffer.from(JSON.stringify({ sub: "me" })).toString("base64url"), signature].join(".");
    for (const accessToken of ["garbage", foreign, tokens.refreshToken, `${tokens.accessToken}x`]) {
      const { active, userId, roles } = await client.validateToken({ accessToken });
      assert.deepEqual([active, userId, roles], [false, "", []]);
    }
  });

  it("publishes the key that signed", async () => {
    const { tokens } = await loggedIn();
    const { kid } = JSON.parse(Buffer.from(tokens.accessToken.split(".")[0] ?? "", "base64url").toString());
    const { keys } = await client.getJwks({});
    const key = keys.find((published) => published.kid === kid);
    assert.deepEqual([key?.kty, key?.crv, key?.alg, key?.use], ["OKP", "Ed25519", "EdDSA", "sig"]);
  });

  it("security 14: tells services of revocations: a snapshot, each new one within a second, and heartbeats", async () => {
    const [before, during] = [await loggedIn(), await loggedIn()];
    await client.logout({}, { headers: before.headers });
    await until(async () => !(await client.validateToken({ accessToken: before.tokens.accessToken })).active);
    const answers = client.watchRevocations({}, { headers: gatewayCredential })[Symbol.asyncIterator]();
    const next = async () =>
      (await answers.next()).value?.revocations.map(({ sessionId }: { sessionId: string }) => sessionId);
    assert.equal((await next())?.includes(before.sessionId), true);
    const begin = Date.now();
    await client.logout({}, { headers: during.headers });
    const seen: string[] = [];
    while (!seen.includes(during.sessionId)) seen.push(...((await next()) ?? []));
    assert.ok(Date.now() - begin < 1_000);
    assert.deepEqual(await next(), []);
    assert.ok(Date.now() - begin < 2_500);
    await answers.return?.();
  });

  it("security 14: tells of very many revocations in pieces that a follower puts together", async () => {
    const { userId } = await test.somebody();
    await test.db.pool.query(
      `insert into auth.sessions (id, user_id, salt, rotate_time, user_agent, ip_address, create_time, last_used_time,
         expire_time, revoke_time, revoke_reason)
       select gen_random_uuid(), $1, '', now(), '', '', now(), now(), now() + interval '1 day', now(), 'LOGOUT'
       from generate_series(1, 12000)`,
      [userId],
    );
    const revocations = createRevocationSet({ maxStalenessMs: 3_000 });
    const counted = Promise.withResolvers<number>();
    const follower = createRevocationFollower({
      client: {
        watchRevocations: (request, options) =>
          client.watchRevocations(request, { ...options, headers: gatewayCredential }),
      },
      revocations: { ...revocations, replace: (all) => counted.resolve([...all].length) },
      log: silent,
    });
    const pieces: number[] = [];
    await until(async () => {
      pieces.length = 0;
      for await (const piece of client.watchRevocations({}, { headers: gatewayCredential })) {
        pieces.push(piece.revocations.length);
        if (!piece.more) break;
      }
      return pieces.length >= 3;
    });
    assert.deepEqual(pieces.slice(0, 2), [5_000, 5_000]);
    follower.start();
    assert.ok((await counted.promise) >= 12_000);
    await follower.stop();
  });

  it("security 23: tells nobody else of revocations", async () => {
    const { headers } = await loggedIn();
    const watch = async () => {
      for await (const _ of client.watchRevocations({}, { headers })) assert.fail("somebody listens");
    };
    await assert.rejects(watch(), refused(Code.Unauthenticated, "SERVICE_CREDENTIAL_REQUIRED"));
  });
});
