import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, afterEach, before, describe, it } from "node:test";
import { type MailServer, startMailServer } from "../../tests/support/mail-server.ts";
import { until } from "./credentials.fixture.ts";
import type { Email } from "./domain/email.ts";
import { openAuthDatabase, silent } from "./infrastructure/test-database.fixture.ts";
import { startOutgoingMail } from "./mail.ts";

describe("outgoing mail, from the database to a mail server", () => {
  let auth: Awaited<ReturnType<typeof openAuthDatabase>>;
  const open: { stop(): Promise<void> }[] = [];
  before(async () => {
    auth = await openAuthDatabase();
  });
  afterEach(async () => {
    for (const { stop } of open.splice(0).reverse()) await stop();
    await auth.db.pool.query("delete from auth.mails");
  });
  after(() => auth.close());

  function start(smtpUrl: string | undefined): void {
    const mail = {
      smtpUrl,
      from: "limen@example.com",
      publicUrl: "https://limen.example.com",
      giveUpAfterMs: 86_400_000,
    };
    const proofLifetimesMs = {
      ...{ RESET: 1_000, VERIFY_EMAIL: 1_000, CHANGE_EMAIL: 1_000 },
      ...{ INVITATION: 1_000, REGISTRATION: 1_000 },
    };
    const config = { production: false, mail, proofLifetimesMs, keyEncryptionKey: Buffer.alloc(32) };
    open.push(startOutgoingMail({ pool: auth.db.pool, clock: auth.clock, log: silent, config }));
  }

  async function serve(...options: Parameters<typeof startMailServer>): Promise<MailServer> {
    const server = await startMailServer(...options);
    open.push({ stop: server.close });
    return server;
  }

  async function queueMail(to = `${randomUUID()}@example.com`): Promise<string> {
    const mail = { template: "PASSWORD_CHANGED", to: to as Email, locale: "en", proofId: null } as const;
    await auth.uow.run(({ mails }) => mails.send({ ...mail, userId: randomUUID() }));
    return to;
  }

  const rows = async () =>
    (await auth.db.pool.query("select recipient, attempts, failure, dead_time from auth.mails order by id")).rows;

  it("leaves within a moment, and nothing of it stays", async () => {
    const server = await serve();
    start(server.url);
    const to = await queueMail();
    await until(() => server.mails.length === 1);
    assert.deepEqual([server.mails[0]?.to, server.mails[0]?.subject], [to, "Your password has been changed"]);
    await until(async () => (await rows()).length === 0);
  });

  it("waits for a mail server that is down, and arrives once when it is back", async () => {
    const gone = await startMailServer();
    const port = Number(new URL(gone.url).port);
    await gone.close();
    start(gone.url);
    const people = [await queueMail(), await queueMail(), await queueMail()];
    await until(async () => (await rows()).every(({ failure }) => failure !== null));
    const server = await serve({}, port);
    await until(() => server.mails.length >= people.length);
    await until(async () => (await rows()).length === 0);
    assert.deepEqual(server.mails.map(({ to }) => to).toSorted(), people.toSorted());
  });

  it("does not hold the others up for an address that the server refuses, and keeps that for the operator", async () => {
    const server = await serve({
      onRcptTo({ address }, _, callback) {
        if (address !== "gone@example.com") return callback();
        callback(Object.assign(new Error("no such mailbox"), { responseCode: 550 }));
      },
    });
    start(server.url);
    await queueMail("gone@example.com");
    const to = await queueMail();
    await until(() => server.mails.length === 1);
    assert.equal(server.mails[0]?.to, to);
    await until(async () => (await rows()).every(({ dead_time }) => dead_time !== null));
    const [dead] = await rows();
    assert.deepEqual([dead.recipient, dead.attempts], ["gone@example.com", 1]);
    assert.match(dead.failure, /550/);
    assert.doesNotMatch(dead.failure, /gone@/);
  });

  it("is sent by one of two workers", async () => {
    const server = await serve();
    start(server.url);
    start(server.url);
    const people = await Promise.all(Array.from({ length: 40 }, () => queueMail()));
    await until(async () => (await rows()).length === 0);
    assert.deepEqual(server.mails.map(({ to }) => to).toSorted(), people.toSorted());
  });

  it("waits where there is no mail server", async () => {
    start(undefined);
    const to = await queueMail();
    assert.deepEqual(
      (await rows()).map(({ recipient, attempts }) => [recipient, attempts]),
      [[to, 0]],
    );
  });
});
