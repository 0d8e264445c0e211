import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { openAuthDatabase } from "./test-database.fixture.ts";

describe("messages in the outbox", () => {
  let auth: Awaited<ReturnType<typeof openAuthDatabase>>;
  before(async () => {
    auth = await openAuthDatabase();
  });
  after(() => auth.close());

  it("are found by what they are about until they have been handed over", async () => {
    const [sent, unsent, other] = [randomUUID(), randomUUID(), randomUUID()];
    const find = () => auth.uow.run(({ messages }) => messages.findUnsent([sent, unsent, other]));
    await auth.uow.run(async ({ messages }) => {
      for (const registrationId of [sent, unsent, unsent])
        await messages.send({ type: "register-user", registrationId });
    });
    assert.deepEqual(await find(), new Set([sent, unsent]));
    await auth.db.pool.query("delete from auth.outbox where subject = $1", [sent]);
    assert.deepEqual(await find(), new Set([unsent]));
  });

  it("are found in the transaction that sends them", async () => {
    const id = randomUUID();
    const found = await auth.uow.run(async ({ messages }) => {
      await messages.send({ type: "register-user", registrationId: id });
      return messages.findUnsent([id]);
    });
    assert.deepEqual(found, new Set([id]));
  });
});
