import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import pg from "pg";
import { createDeadLetterTable } from "../../services/platform/messaging/dead-letter-table.ts";
import type { DeadLetter } from "../../services/platform/messaging/message.ts";
import { openOpsDatabase, type Run } from "./program.fixture.ts";

const createUser = "limen.users.v1.CreateUser";
const userCreated = "limen.users.v1.UserCreated";

describe("ops dead-letters", () => {
  let limen: Awaited<ReturnType<typeof openOpsDatabase>>;
  before(async () => {
    limen = await openOpsDatabase();
  });
  after(() => limen.drop());
  beforeEach(async () => {
    const tables = ["users", "auth"].flatMap((schema) => [`${schema}.dead_letters`, `${schema}.outbox`]);
    await limen.client.query(`truncate ${tables.join(", ")} restart identity`);
  });

  /** As a worker keeps it; died so many hours ago. */
  async function bury(letter: Partial<DeadLetter> = {}, hoursAgo = 0): Promise<DeadLetter> {
    const buried: DeadLetter = {
      queue: "user_commands",
      messageId: randomUUID(),
      type: createUser,
      source: "auth",
      subject: randomUUID(),
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      reason: "ATTEMPTS_EXHAUSTED",
      detail: "6 attempts failed, the last with TypeError",
      attempts: 6,
      data: '{"name":"Ada"}',
      ...letter,
    };
    const schema = buried.queue === "user_commands" ? "users" : "auth";
    const pool = new pg.Pool({ ...poolOf(limen.client), max: 1 });
    try {
      await createDeadLetterTable(pool, schema)(buried);
      await pool.query(
        `update ${schema}.dead_letters set dead_time = now() - $2 * interval '1 hour' where message_id = $1`,
        [buried.messageId, hoursAgo],
      );
    } finally {
      await pool.end();
    }
    return buried;
  }
  const idsOf = ({ json }: Run): string[] => json.deadLetters.map(({ id }: { id: string }) => id);

  it("lists the letters of both services, the newest first", async () => {
    assert.match((await limen.ops("dead-letters", "list")).out, /^No dead letters\.$/m);
    await bury({}, 2);
    await bury({ queue: "auth_commands", type: "limen.auth.v1.RegisterUser", reason: "UNKNOWN_TYPE" }, 1);
    await bury({ queue: "auth_user_events", type: userCreated, source: "users" }, 3);
    const { code, out } = await limen.ops("dead-letters", "list");
    assert.equal(code, 0);
    const [head = "", first = "", second = "", third = ""] = out.split("\n");
    assert.match(head, /^ID +QUEUE +TYPE +SUBJECT +REASON +ATTEMPTS +DIED$/);
    assert.match(first, /^auth:1 +auth_commands +RegisterUser +\S{36} +UNKNOWN_TYPE +6 +1h ago$/);
    assert.match(second, /^users:1 +user_commands +CreateUser /);
    assert.match(third, /^auth:2 +auth_user_events +UserCreated .* 3h ago$/);
  });

  it("chooses by queue, reason, type, service and time", async () => {
    await bury({}, 5);
    await bury({ reason: "INVALID_BODY", type: "limen.users.v1.CancelUserCreation" }, 1);
    await bury({ queue: "auth_commands", reason: "UNKNOWN_TYPE", type: "x_y" }, 1);
    await bury({ queue: "auth_commands", reason: "UNKNOWN_TYPE", type: "xxy" }, 5);
    for (const [args, expected] of [
      [
        ["--queue", "auth_commands"],
        ["auth:1", "auth:2"],
      ],
      [["--reason", "INVALID_BODY"], ["users:2"]],
      [["--type", "CreateUser"], ["users:1"]],
      [["--type", createUser], ["users:1"]],
      [["--type", "x_y"], ["auth:1"]],
      [
        ["--service", "users"],
        ["users:2", "users:1"],
      ],
      [
        ["--before", "3h"],
        ["users:1", "auth:2"],
      ],
      [["--after", "3h", "--service", "auth"], ["auth:1"]],
      [["--before", "2001-01-01"], []],
    ] as const) {
      const found = idsOf(await limen.ops("dead-letters", "list", "--json", ...args));
      assert.deepEqual(found.sort(), [...expected].sort(), args.join(" "));
    }
  });

  it("limits what it lists, and tells a monitor by its exit code", async () => {
    assert.equal((await limen.ops("dead-letters", "list", "--check")).code, 0);
    for (let count = 0; count < 3; count++) await bury();
    const { code, json } = await limen.ops("dead-letters", "list", "--limit", "2", "--check", "--json");
    assert.deepEqual([code, json.total, json.deadLetters.length], [3, 3, 2]);
    assert.equal("data" in json.deadLetters[0], false);
    assert.match((await limen.ops("dead-letters", "list", "--limit", "2")).notes, /2 of 3 shown/);
  });

  it("shows one with its body, and nothing that a terminal would obey", async () => {
    const { messageId } = await bury({ type: "Odd\u001b[2J", data: '{"name":"Ada\u009b"}' });
    const { out } = await limen.ops("dead-letters", "show", "users:1");
    assert.match(out, /^type +Odd\\u\{1b\}\[2J$/m);
    assert.match(out, /^body +\{\n +"name": "Ada\\u\{9b\}"\n +\}$/m);
    const { json } = await limen.ops("dead-letters", "show", "users:1", "--json");
    assert.deepEqual([json.messageId, json.data], [messageId, '{"name":"Ada\u009b"}']);
    const missing = await limen.ops("dead-letters", "show", "users:9");
    assert.deepEqual([missing.code, missing.out], [1, ""]);
  });

  it("replays a command under its own id through its service's outbox, and once", async () => {
    const { messageId, subject, traceparent } = await bury();
    assert.equal(
      (await limen.ops("dead-letters", "replay", "users:1", "--dry-run")).out,
      "Would replay 1 dead letter.\n",
    );
    assert.deepEqual(await limen.rows("select id from users.outbox"), []);
    const replay = await limen.ops("dead-letters", "replay", "users:1", "--json");
    assert.deepEqual([replay.code, replay.json], [0, { dryRun: false, replayed: ["users:1"], refused: [] }]);
    assert.deepEqual(
      await limen.rows(
        "select id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, attempts from users.outbox",
      ),
      [
        {
          ...{ id: messageId, type: createUser, source: "auth", subject, traceparent, data: { name: "Ada" } },
          ...{ exchange: "limen.commands", routing_key: "user_commands", mandatory: true, attempts: 0 },
        },
      ],
    );
    const again = await limen.ops("dead-letters", "replay", "users:1");
    assert.deepEqual([again.code, again.out], [1, "Replayed 0 dead letters.\n"]);
    assert.match(again.notes, /matches: users:1\.$/m);
    assert.equal((await limen.rows("select id from users.outbox")).length, 1);
  });

  it("replays an event through the outbox of the service that may publish it", async () => {
    const { messageId } = await bury({ queue: "auth_user_events", type: userCreated, source: "users" });
    assert.equal((await limen.ops("dead-letters", "replay", "--queue", "auth_user_events")).code, 0);
    assert.deepEqual(await limen.rows("select id, exchange, routing_key from users.outbox"), [
      { id: messageId, exchange: "limen.events", routing_key: userCreated },
    ]);
    assert.deepEqual(await limen.rows("select id from auth.dead_letters"), []);
  });

  it("adds nothing for a message that is on its way again already", async () => {
    const { messageId } = await bury();
    await limen.ops("dead-letters", "replay", "--all");
    await bury({ messageId });
    const { json } = await limen.ops("dead-letters", "replay", "--all", "--json");
    assert.deepEqual(json.replayed, ["users:2"]);
    assert.deepEqual(await limen.rows("select id from users.outbox"), [{ id: messageId }]);
  });

  it("loses no message that dies again before the replay is over", async () => {
    const { messageId } = await bury({ queue: "auth_user_events", type: userCreated, source: "users" });
    const waiting = async (count: number): Promise<void> => {
      const query = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
      while ((await limen.rows(query)).length < count);
    };
    const other = new pg.Client({ ...poolOf(limen.client) });
    await other.connect();
    await other.query("begin; lock table users.outbox in exclusive mode");
    const replayed = limen.ops("dead-letters", "replay", "--all");
    await waiting(1);
    const buried = bury({ queue: "auth_user_events", messageId, detail: "again" });
    await Promise.race([buried, waiting(2)]);
    await other.end();
    assert.equal((await replayed).code, 0);
    await buried;
    assert.deepEqual(await limen.rows("select detail from auth.dead_letters"), [{ detail: "again" }]);
    assert.deepEqual(await limen.rows("select id from users.outbox"), [{ id: messageId }]);
  });

  it("refuses what cannot arrive, and replays the rest", async () => {
    await bury({ data: "\ufffd" });
    await bury();
    await bury({ messageId: "no uuid" });
    const { code, out, notes } = await limen.ops("dead-letters", "replay", "--all");
    assert.equal(code, 1);
    assert.match(out, /^Replayed 1 dead letter\.\nREFUSED +WHY\nusers:1 +its body .*\nusers:3 +its message id .*\n$/);
    assert.match(notes, /2 dead letters cannot be replayed/);
    assert.deepEqual(await limen.rows("select id::integer from users.dead_letters order by id"), [
      { id: 1 },
      { id: 3 },
    ]);
  });

  it("replays hundreds, batch by batch", async () => {
    await limen.client.query(
      `insert into users.dead_letters (queue, message_id, type, source, subject, reason, detail, attempts, data, traceparent)
       select 'user_commands', gen_random_uuid(), '${createUser}', 'auth', '', 'R', '', 6, '{}', '' from generate_series(1, 350)`,
    );
    const { json } = await limen.ops("dead-letters", "replay", "--reason", "R", "--json");
    assert.equal(json.replayed.length, 350);
    assert.deepEqual(await limen.rows("select count(*)::integer from users.outbox"), [{ count: 350 }]);
  });

  it("asks before it discards, and does so after a yes alone", async () => {
    await bury();
    await bury();
    const dry = await limen.ops("dead-letters", "discard", "--all", "--dry-run");
    assert.deepEqual([dry.out, dry.questions], ["Would discard 2 dead letters.\n", []]);
    const refused = await limen.opsAnsweredNo("dead-letters", "discard", "users:1");
    assert.deepEqual([refused.code, refused.questions], [1, ["Discard 1 dead letter for good?"]]);
    assert.match(refused.notes, /Nothing was changed/);
    assert.equal((await limen.rows("select id from users.dead_letters")).length, 2);
    const agreed = await limen.ops("dead-letters", "discard", "users:1");
    assert.deepEqual([agreed.code, agreed.out, agreed.questions.length], [0, "Discarded 1 dead letter.\n", 1]);
    const forced = await limen.ops("dead-letters", "discard", "--all", "--yes", "--json");
    assert.deepEqual([forced.json, forced.questions], [{ dryRun: false, discarded: ["users:2"] }, []]);
    assert.deepEqual(await limen.rows("select id from users.dead_letters"), []);
    assert.deepEqual(await limen.rows("select id from users.outbox"), []);
  });

  it("does nothing to all of them by mistake", async () => {
    await bury();
    for (const command of ["replay", "discard"]) {
      const { code, notes } = await limen.ops("dead-letters", command);
      assert.equal(code, 2);
      assert.match(notes, /--all/);
    }
    assert.equal((await limen.rows("select id from users.dead_letters")).length, 1);
  });
});

function poolOf(client: pg.Client): pg.PoolConfig {
  const { host, port, user, database, password } = client;
  return { host, port, database, ...(user && { user }), ...(typeof password === "string" && { password }) };
}
