import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Service, services, withDatabases } from "../../deploy/ops/databases.ts";
import { createTerminal } from "../../deploy/ops/terminal.ts";
import { eventually, somebody } from "../support/client.ts";
import type { System } from "./system.ts";

const registerUser = "limen.auth.v1.RegisterUser";

export function operationsSuite(system: () => System): void {
  const ops = async (...args: string[]) => JSON.parse(await system().ops(...args, "--json"));

  /** Past every rule, as no client could: for what a person has to mend. */
  const query = (service: Service, text: string, values: unknown[]): Promise<Record<string, string>[]> =>
    withDatabases({ env: system().env, terminal: createTerminal(process) }, services, async (databases) => {
      const { rows } = await databases[service].client.query(text, values);
      return rows;
    });

  /** A command to the auth worker, as its outbox would hold it. */
  async function command(type: string, subject: string, data: object): Promise<string> {
    const messageId = randomUUID();
    await query(
      "auth",
      `insert into auth.outbox
         (id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time)
       values ($1, $2, 'auth', $3, 'limen.commands', 'auth_commands', true, '', $4, now())`,
      [messageId, type, subject, JSON.stringify(data)],
    );
    return messageId;
  }

  /** The letter that a message becomes; not the one of the given id, which it was before. */
  async function deadLetter(messageId: string, before = ""): Promise<string> {
    for (const end = Date.now() + 30_000; Date.now() < end; ) {
      const find = "select 'auth:' || id as id from auth.dead_letters where message_id = $1";
      const [{ id = "" } = {}] = await query("auth", find, [messageId]);
      if (id !== "" && id !== before) return id;
      await sleep(50);
    }
    return assert.fail("the message did not die");
  }

  /** One that lost its command an hour ago, and waits another hour to send it again. */
  async function stuckRegistration(id = randomUUID()): Promise<string> {
    const { name, email } = somebody();
    await query(
      "auth",
      `insert into auth.registrations (id, user_id, state, name, email, password_hash, request_hash, sends, next_send_time,
         create_time, update_time, locale)
       values ($1, $2, 'ACCEPTED', $3, $4, 'no password has this hash', '', 1, now() + interval '1 hour',
         now() - interval '1 hour', now() - interval '1 hour', 'en')`,
      [id, randomUUID(), name, email],
    );
    return id;
  }

  const ends = (id: string, state: string) =>
    eventually(
      () => system().client("GET", `/api/v1/auth/registrations/${id}?wait=5s`),
      ({ body }) => body.registration?.state === state,
    );

  describe("operations", () => {
    it("show a command that died, and replay it once it can be handled", async () => {
      const registration = randomUUID();
      const id = await deadLetter(await command(registerUser, registration, { registrationId: registration }));
      const { deadLetters } = await ops("dead-letters", "list", "--reason", "REGISTRATION_NOT_FOUND", "--after", "1h");
      assert.deepEqual(
        deadLetters
          .filter((letter: { id: string }) => letter.id === id)
          .map((letter: { subject: string }) => letter.subject),
        [registration],
      );
      assert.match(await system().ops("dead-letters", "show", id), /^detail +registration does not exist$/m);
      await stuckRegistration(registration);
      assert.deepEqual((await ops("dead-letters", "replay", id)).replayed, [id]);
      await ends(registration, "COMPLETED");
      await assert.rejects(system().ops("dead-letters", "replay", id), {
        code: 1,
        stdout: "Replayed 0 dead letters.\n",
      });
    });

    it("keep a command that dies again, until it is discarded", async () => {
      const messageId = await command("limen.auth.v1.NoSuchCommand", randomUUID(), {});
      const first = await deadLetter(messageId);
      await ops("dead-letters", "replay", first);
      const second = await deadLetter(messageId, first);
      await assert.rejects(system().ops("dead-letters", "discard", second), { code: 2 });
      assert.deepEqual(await ops("dead-letters", "discard", second, "--yes"), { dryRun: false, discarded: [second] });
      await assert.rejects(system().ops("dead-letters", "show", second), { code: 1 });
    });

    it("take stuck registrations up again, or end them", async () => {
      const [lost, unwanted] = [await stuckRegistration(), await stuckRegistration()];
      const { registrations } = await ops("registrations", "stuck", "--older-than", "30m", "--limit", "1000");
      const stuck = registrations.map(({ id }: { id: string }) => id);
      assert.ok(stuck.includes(lost) && stuck.includes(unwanted));
      await assert.rejects(system().ops("registrations", "stuck", "--check"), { code: 3 });
      await Promise.all([ops("registrations", "resend", lost), ops("registrations", "cancel", unwanted, "--yes")]);
      await ends(lost, "COMPLETED");
      assert.equal((await ends(unwanted, "FAILED")).body.registration.reason, "CANCELLED");
      assert.match(await system().ops("registrations", "show", unwanted), /^users-service +REJECTED, CANCELLED$/m);
    });

    it("heal what auth knows of a user by telling of them again", async () => {
      const { client } = system();
      const person = await client.register();
      const { email, password, userId } = person;
      const login = () => client("POST", "/api/v1/auth/login", { body: { email, password } });
      const restore = "update auth.accounts set user_version = 0, status = 'SUSPENDED' where user_id = $1";
      await query("auth", restore, [userId]);
      assert.equal((await login()).status, 401);
      assert.deepEqual(await ops("users", "republish", userId), { dryRun: false, count: 1, missing: [] });
      await eventually(login, ({ status }) => status === 200);
    });

    it("tell what is in the outboxes and, where there is a broker, in the queues", async () => {
      const { outboxes } = await ops("outbox");
      assert.deepEqual(
        outboxes.map(({ service }: { service: string }) => service),
        ["users", "auth"],
      );
      const { queues } = await ops("queues");
      assert.equal(queues.length, 9);
      // `npm start` has none: there it may be any broker that is asked.
      const hasBroker = (system().env.DATABASE_URL ?? "") !== "";
      if (hasBroker) assert.deepEqual([...new Set(queues.map(({ state }: { state: string }) => state))], ["ok"]);
    });
  });
}
