import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { Email } from "../../services/auth/domain/email.ts";
import { createPostgresMailQueue } from "../../services/auth/infrastructure/postgres-mail-queue.ts";
import { openAuthDatabase } from "../../services/auth/infrastructure/test-database.fixture.ts";

const run = promisify(execFile);
const main = resolve(import.meta.dirname, "main.ts");

describe("npm run ops -- mails", () => {
  let auth: Awaited<ReturnType<typeof openAuthDatabase>>;
  before(async () => {
    auth = await openAuthDatabase();
  });
  after(() => auth.close());

  async function ops(...args: string[]): Promise<string> {
    const env = { ...process.env, AUTH_DATABASE_URL: auth.url };
    return (await run(process.execPath, ["--import", "tsx", main, "mails", ...args], { env })).stdout;
  }

  it("lists what was given up, sends it again and discards it", async () => {
    const queue = createPostgresMailQueue(auth.db.pool);
    const mail = { template: "PASSWORD_CHANGED", locale: "en", userId: randomUUID(), proofId: null } as const;
    await auth.uow.run(async ({ mails }) => {
      for (const name of ["ada", "grace"]) await mails.send({ ...mail, to: `${name}@example.com` as Email });
    });
    const claim = () => queue.claim(10, new Date(Date.now() + 1_000), new Date(Date.now() + 1_000));
    const [ada, grace] = await claim();
    assert.ok(ada && grace);
    for (const dead of [ada, grace]) await queue.bury(dead, "MailRefused 550", new Date());

    const listed = JSON.parse(await ops("list", "--json"));
    assert.deepEqual(
      [listed.waiting, listed.dead.map(({ to, failure }: Record<string, string>) => [to, failure])],
      [
        0,
        [
          ["ada@example.com", "MailRefused 550"],
          ["grace@example.com", "MailRefused 550"],
        ],
      ],
    );
    await ops("discard", grace.id);
    await ops("retry", ada.id);
    assert.equal(await ops("list"), "1 waiting, 0 given up\n");
    assert.deepEqual(
      (await claim()).map(({ to, attempt }) => [to, attempt]),
      [["ada@example.com", 1]],
    );
    await assert.rejects(ops("retry", ada.id), /MAIL_NOT_FOUND/);
  });
});
