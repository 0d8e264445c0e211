import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { newAccount } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import type { Proof } from "../domain/proof.ts";
import { awaitingProof, proofMailed, proven } from "../domain/registration.ts";
import type { MailQueue } from "./mail-queue.ts";
import { createPostgresMailQueue } from "./postgres-mail-queue.ts";
import { createProofReader } from "./postgres-proofs.ts";
import { openAuthDatabase } from "./test-database.fixture.ts";

describe("the mail queue in PostgreSQL", () => {
  let auth: Awaited<ReturnType<typeof openAuthDatabase>>;
  let queue: MailQueue;
  before(async () => {
    auth = await openAuthDatabase();
    queue = createPostgresMailQueue(auth.db.pool);
  });
  beforeEach(async () => void (await auth.db.pool.query("delete from auth.mails")));
  after(() => auth.close());

  const fromNow = (ms: number) => new Date(Date.now() + ms);
  const claim = (at = fromNow(1_000), leaseEnd = fromNow(61_000), limit = 100) => queue.claim(limit, at, leaseEnd);

  /** A mail with a link for a new person. */
  async function queued(lifetimeMs = 1_000) {
    const userId = randomUUID();
    const email = `${userId}@example.com` as Email;
    const issueTime = new Date();
    const expireTime = new Date(issueTime.getTime() + lifetimeMs);
    const proof: Proof = { id: randomUUID(), kind: "RESET", userId, email, issueTime, expireTime };
    const mail = { template: "RESET", to: email, locale: "es", userId, proofId: proof.id } as const;
    await auth.uow.run(async ({ accounts, proofs, mails }) => {
      await accounts.add(newAccount({ userId, email, status: "ACTIVE", version: 1 }, issueTime));
      await proofs.issue(proof);
      await mails.send(mail);
    });
    return { mail, proof };
  }

  it("keeps nothing of a unit of work that throws", async () => {
    const mail = { template: "PASSWORD_CHANGED", to: "ada@example.com" as Email, locale: "en", proofId: null } as const;
    const failing = auth.uow.run(async ({ mails }) => {
      await mails.send({ ...mail, userId: randomUUID() });
      throw new Error("boom");
    });
    await assert.rejects(failing, /boom/);
    assert.deepEqual(await claim(), []);
  });

  it("security 20: holds nothing that could be presented", async () => {
    const { proof } = await queued();
    const { rows } = await auth.db.pool.query<{ row: object }>("select to_jsonb(m) as row from auth.mails m");
    assert.deepEqual(Object.keys(rows[0]?.row ?? {}).toSorted(), [
      ...["attempts", "create_time", "dead_time", "failure", "id", "locale", "not_before", "proof_id", "recipient"],
      ...["template", "user_id"],
    ]);
    assert.equal(JSON.stringify(rows).includes(proof.id), true);
  });

  it("hands a mail to one of many, and again when its lease is over", async () => {
    const { mail } = await queued();
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim()));
    assert.deepEqual(
      claims.flat().map(({ template, to, locale, attempt }) => [template, to, locale, attempt]),
      [["RESET", mail.to, "es", 1]],
    );
    assert.deepEqual(await claim(fromNow(60_000)), []);
    assert.deepEqual(
      (await claim(fromNow(62_000))).map(({ attempt }) => attempt),
      [2],
    );
  });

  it("starts a link's time when its mail is about to leave, however late that is", async () => {
    const { proof } = await queued(1_000);
    const at = fromNow(3_600_000);
    const [claimed] = await claim(at, fromNow(3_700_000));
    assert.deepEqual(claimed?.proof, { ...proof, issueTime: at, expireTime: new Date(at.getTime() + 1_000) });
    assert.notEqual(await createProofReader(auth.db.pool).find(proof.id, new Date(at.getTime() + 999)), null);
  });

  it("says that a link counts no more, used, replaced or revoked", async () => {
    const [used, replaced, revoked] = [await queued(), await queued(), await queued()];
    await auth.uow.run(({ proofs }) => proofs.use(used.proof.id, new Date()));
    await auth.uow.run(({ proofs }) => proofs.issue({ ...replaced.proof, id: randomUUID() }));
    await auth.uow.run(({ proofs }) => proofs.revoke(revoked.mail.userId));
    const claimed = await claim();
    assert.deepEqual(
      claimed.map(({ proofId, proof }) => [proofId, proof]),
      [used, replaced, revoked].map(({ proof }) => [proof.id, null]),
    );
  });

  it("starts the time of a registration's link, too, and knows when it counts no more", async () => {
    const [id, userId] = [randomUUID(), randomUUID()];
    const to = `${userId}@example.com` as Email;
    const applicant = { name: "Ada", email: to, passwordHash: "hash", locale: "en", emailVerified: false } as const;
    const start = new Date();
    const begun = awaitingProof(
      { id, userId, applicant, idempotencyKey: null, requestHash: new Uint8Array() },
      start,
      start,
    );
    const registration = proofMailed(begun, start, new Date(start.getTime() + 1_000));
    await auth.uow.run(async ({ registrations, mails }) => {
      await registrations.add(registration, new Date(0));
      await mails.send({ template: "REGISTRATION", to, locale: "en", userId, proofId: id });
    });
    const at = fromNow(3_600_000);
    const [claimed] = await claim(at, at);
    const expireTime = new Date(at.getTime() + 1_000);
    assert.deepEqual(claimed?.proof, { id, kind: "REGISTRATION", userId, email: to, issueTime: at, expireTime });
    await auth.uow.run(async ({ registrations }) => {
      const stored = await registrations.find(id);
      assert.deepEqual(stored?.nextSendTime, expireTime);
      await registrations.save(proven(registration, at, at));
    });
    const [late] = await claim(at, at);
    assert.equal(late?.proof, null);
  });

  it("hands the oldest out first, no more than asked for", async () => {
    const people = [await queued(), await queued(), await queued()];
    const first = await claim(fromNow(1_000), fromNow(61_000), 2);
    assert.deepEqual(
      first.map(({ to }) => to),
      people.slice(0, 2).map(({ mail }) => mail.to),
    );
  });

  it("takes one back until its time, and keeps one that was given up", async () => {
    await queued();
    const [mail] = await claim();
    assert.ok(mail);
    await queue.putBack(mail, "ETIMEDOUT", fromNow(5_000));
    assert.deepEqual(await claim(fromNow(4_000)), []);
    const [again] = await claim(fromNow(6_000));
    assert.equal(again?.attempt, 2);
    await queue.bury(mail, "from an earlier lease", fromNow(0));
    await queue.bury({ ...mail, attempt: 2 }, "EENVELOPE 550", fromNow(0));
    assert.deepEqual(await claim(fromNow(1e9), fromNow(2e9)), []);
    const { rows } = await auth.db.pool.query("select failure from auth.mails where dead_time is not null");
    assert.deepEqual(rows, [{ failure: "EENVELOPE 550" }]);
  });

  it("forgets a mail that has left", async () => {
    await queued();
    const [mail] = await claim();
    await queue.remove(mail?.id ?? "");
    const { rows } = await auth.db.pool.query("select 1 from auth.mails");
    assert.deepEqual(rows, []);
  });
});
