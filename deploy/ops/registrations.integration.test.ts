import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { openOpsDatabase, runOps } from "./program.fixture.ts";

describe("ops on registrations, users and outboxes", () => {
  let limen: Awaited<ReturnType<typeof openOpsDatabase>>;
  before(async () => {
    limen = await openOpsDatabase();
  });
  after(() => limen.drop());
  beforeEach(() =>
    limen.client.query(
      `truncate auth.registrations, auth.outbox, auth.dead_letters, users.outbox, users.users, users.creations,
         users.dead_letters restart identity`,
    ),
  );

  async function register(state: string, minutesAgo: number): Promise<{ id: string; userId: string }> {
    const [id, userId] = [randomUUID(), randomUUID()];
    const finished = ["COMPLETED", "REJECTED", "FAILED"].includes(state);
    await limen.client.query(
      `insert into auth.registrations (id, user_id, state, name, email, password_hash, request_hash, sends,
         next_send_time, create_time, update_time, locale)
       values ($1, $2, $3, $4, $5, $6, '', 1, $7, now() - $8 * interval '1 minute', now(), 'en')`,
      [
        ...[id, userId, state],
        ...(finished ? [null, null, null] : ["Ada", "ada@example.com", "secret-hash"]),
        ...[finished ? null : new Date(Date.now() + 60_000), minutesAgo],
      ],
    );
    return { id, userId };
  }

  it("tells which registrations are stuck, the oldest first", async () => {
    const none = await limen.ops("registrations", "stuck", "--check");
    assert.deepEqual([none.code, none.out], [0, "No registration is unfinished after 5m.\n"]);
    const young = await register("CREATING", 4);
    const old = await register("ACCEPTED", 61);
    const older = await register("COMPENSATING", 125);
    await register("COMPLETED", 600);
    const { code, json, notes } = await limen.ops("registrations", "stuck", "--check", "--json");
    assert.deepEqual([code, json.total], [3, 2]);
    assert.deepEqual(
      json.registrations.map(({ id }: { id: string }) => id),
      [older.id, old.id],
    );
    assert.match(notes, /2 stuck registrations/);
    const { out } = await limen.ops("registrations", "stuck", "--older-than", "1m");
    assert.match(out, /^ID +STATE +ACCEPTED +SENDS +NEXT SEND +IN OUTBOX$/m);
    assert.match(out, new RegExp(`^${young.id} +CREATING +4m ago +1 +in \\d+s +no$`, "m"));
  });

  it("shows what both services know of one, and no secret", async () => {
    const { id, userId } = await register("ACCEPTED", 10);
    await limen.ops("registrations", "resend", id);
    await limen.client.query("insert into users.creations values ($1, $2, 'REJECTED', 'EMAIL_TAKEN')", [id, userId]);
    await limen.client.query(
      `insert into users.dead_letters (queue, message_id, type, source, subject, reason, detail, attempts, data, traceparent)
       values ('user_commands', 'm', 'limen.users.v1.CreateUser', 'auth', $1, 'INVALID_BODY', '', 1, '{}', '')`,
      [id],
    );
    const { code, out } = await limen.ops("registrations", "show", id.toUpperCase());
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^registration +${id}$`, "m"));
    assert.match(out, /^e-mail +ada@example\.com$/m);
    assert.match(out, /^users-service +REJECTED, EMAIL_TAKEN$/m);
    assert.match(out, /^account +-$/m);
    assert.match(out, /^in outbox +auth: RegisterUser, 0 failed attempts$/m);
    assert.match(out, /^dead letters +users:1: CreateUser, INVALID_BODY$/m);
    const { json } = await limen.ops("registrations", "show", id, "--json");
    assert.deepEqual([json.state, json.userId, json.waiting.length, json.inOutbox], ["ACCEPTED", userId, 1, true]);
    assert.doesNotMatch(JSON.stringify(json) + out, /secret-hash/);
    assert.equal((await limen.ops("registrations", "show", randomUUID())).code, 1);
    assert.equal((await limen.ops("registrations", "show", "r1")).code, 2);
  });

  it("sends the pending command again, under a new message id", async () => {
    const { id } = await register("CREATING", 10);
    const first = await limen.ops("registrations", "resend", id);
    assert.deepEqual([first.code, first.out], [0, `${id} sent again, for the 2. time\n`]);
    assert.deepEqual(await limen.rows("select type, subject from auth.outbox"), [
      { type: "limen.users.v1.CreateUser", subject: id },
    ]);
    const second = await limen.ops("registrations", "resend", id, "--json");
    assert.equal(second.json.registrations[0].outcome, "ALREADY_WAITING");
    await limen.client.query("truncate auth.outbox");
    const third = await limen.ops("registrations", "resend", id, "--json");
    assert.deepEqual([third.json.registrations[0].outcome, third.json.registrations[0].sends], ["SENT", 3]);
    assert.doesNotMatch(third.out, /secret-hash|ada@example/);
  });

  it("leaves a finished registration, and says so by its exit code", async () => {
    const { id } = await register("REJECTED", 10);
    for (const command of [["resend"], ["cancel", "--yes"]]) {
      const { code, out } = await limen.ops("registrations", ...command, id);
      assert.deepEqual([code, out], [1, `${id} is finished: REJECTED\n`]);
    }
    const unknown = await limen.ops("registrations", "resend", randomUUID());
    assert.equal(unknown.code, 1);
    assert.match(unknown.notes, /REGISTRATION_NOT_FOUND/);
  });

  it("cancels one after a yes", async () => {
    const { id } = await register("CREATING", 10);
    const refused = await limen.opsAnsweredNo("registrations", "cancel", id);
    assert.deepEqual([refused.code, refused.questions], [1, ["Cancel 1 registration?"]]);
    assert.deepEqual(await limen.rows("select state from auth.registrations"), [{ state: "CREATING" }]);
    const { code, out } = await limen.ops("registrations", "cancel", id, "--yes");
    assert.equal(code, 0);
    assert.match(out, /is being cancelled; it completes if its user was created before/);
    assert.deepEqual(await limen.rows("select state, type from auth.registrations, auth.outbox"), [
      { state: "COMPENSATING", type: "limen.users.v1.CancelUserCreation" },
    ]);
  });

  it("tells of users again: of some, or of all", async () => {
    await limen.client.query(
      `insert into users.users select gen_random_uuid(), 'ada' || n || '@example.com', 'Ada', 'ACTIVE', n, now(), now()
       from generate_series(1, 250) n`,
    );
    const [{ id } = {}] = await limen.rows("select id from users.users where version = 7");
    const nobody = randomUUID();
    const some = await limen.ops("users", "republish", String(id), nobody, "--json");
    assert.deepEqual([some.code, some.json], [1, { dryRun: false, count: 1, missing: [nobody] }]);
    assert.deepEqual(await limen.rows("select type, subject, data->>'version' as version from users.outbox"), [
      { type: "limen.users.v1.UserUpdated", subject: id, version: "7" },
    ]);
    assert.equal((await limen.ops("users", "republish", "--all", "--dry-run")).out, "Would republish 250 users.\n");
    const all = await limen.ops("users", "republish", "--all", "--rate", "100000");
    assert.deepEqual([all.code, all.out], [0, "Republished 250 users.\n"]);
    assert.deepEqual(await limen.rows("select count(*)::integer from users.outbox"), [{ count: 251 }]);
    assert.equal((await limen.ops("users", "republish")).code, 2);
    assert.equal((await limen.ops("users", "republish", "--all", String(id))).code, 2);
  });

  it("goes no faster than it may", async () => {
    await limen.client.query(
      "insert into users.users values (gen_random_uuid(), 'ada@example.com', 'Ada', 'ACTIVE', 1, now(), now())",
    );
    const start = performance.now();
    assert.equal((await limen.ops("users", "republish", "--all", "--rate", "5")).code, 0);
    assert.ok(performance.now() - start >= 200);
  });

  it("tells what waits in the outboxes, and for how long", async () => {
    await limen.client.query(
      `insert into auth.outbox (id, type, source, subject, exchange, routing_key, mandatory, traceparent, data,
         create_time, attempts, not_before)
       select gen_random_uuid(), 't', 'auth', 's', 'limen.commands', 'auth_commands', true, '', '{}',
         now() - n * interval '3 minutes', n, now() + interval '8 seconds'
       from generate_series(1, 2) n`,
    );
    const { out } = await limen.ops("outbox");
    assert.equal(
      out.replace(/in \ds/, "in 7s"),
      "SERVICE  ROWS  OLDEST  ATTEMPTS  NEXT\n" +
        "users       0  -              0  -\n" +
        "auth        2  6m ago         2  in 7s\n",
    );
    assert.equal((await limen.ops("outbox", "--check", "--service", "users")).code, 0);
    assert.equal((await limen.ops("outbox", "--check", "--older-than", "10m")).code, 0);
    const { code, json } = await limen.ops("outbox", "--check", "--json");
    assert.deepEqual([code, json.outboxes[1].rows, json.outboxes[1].attempts], [3, 2, 2]);
  });
});

describe("ops without a database", () => {
  it("says which URL is missing, rather than to guess", async () => {
    const env = { USERS_DATABASE_URL: "postgresql://users@127.0.0.1:1/limen" };
    const { code, notes } = await runOps(env, ["registrations", "stuck"]);
    assert.deepEqual([code, notes], [2, "AUTH_DATABASE_URL must be set for this command.\n"]);
  });

  it("says where it looked, and what is wrong with a database that is away", async () => {
    const nowhere = await runOps({ DATA_DIR: "/nonexistent" }, ["outbox"]);
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.notes, /no database under \/nonexistent/);
    const away = await runOps({ DATABASE_URL: "postgresql://127.0.0.1:1/limen" }, ["outbox"]);
    assert.equal(away.code, 1);
    assert.match(away.notes, /ECONNREFUSED/);
  });
});
