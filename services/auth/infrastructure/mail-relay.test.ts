import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLog } from "../../platform/log.ts";
import type { Email } from "../domain/email.ts";
import type { ClaimedMail, MailQueue } from "./mail-queue.ts";
import { createMailRelay } from "./mail-relay.ts";
import { MailRefused, type RenderedMail } from "./mailer.ts";

const start = Date.parse("2026-01-01T00:00:00Z");
const hourMs = 3_600_000;

describe("the mail relay", () => {
  it("sends what is due and takes it out of the queue", async () => {
    const test = setup([mail("1"), mail("2")]);
    await test.relay();
    assert.deepEqual(test.sent, ["1", "2"]);
    assert.deepEqual(test.calls, ["remove 1", "remove 2"]);
  });

  it("goes on until nothing is due", async () => {
    const test = setup(Array.from({ length: 25 }, (_, n) => mail(String(n))));
    await test.relay();
    assert.equal(test.sent.length, 25);
  });

  it("does not hold the others up for one that fails", async () => {
    const test = setup([mail("1"), mail("2")], async ({ id }) => {
      if (id === "1") throw Object.assign(new Error("away"), { code: "ECONNECTION" });
    });
    await test.relay();
    assert.deepEqual(test.calls.toSorted(), ["put back 1 (Error ECONNECTION)", "remove 2"]);
  });

  it("waits longer after each failure", async () => {
    const away = async () => {
      throw new Error("away");
    };
    const delays: number[] = [];
    for (const attempt of [1, 2, 3, 12]) {
      const test = setup([{ ...mail("1"), attempt }], away);
      await test.relay();
      delays.push((test.times[0] ?? 0) - start);
    }
    const limits = [1_000, 2_000, 4_000, 300_000];
    for (const [index, limit] of limits.entries()) {
      const delay = delays[index] ?? 0;
      assert.ok(delay >= limit / 2 && delay <= limit, `${delay} of ${limit}`);
    }
  });

  it("gives up at once what the mail server refuses, and keeps it for the operator", async () => {
    const test = setup([mail("1")], async () => {
      throw new MailRefused("no", { cause: Object.assign(new Error("550 <ada@example.com>"), { responseCode: 550 }) });
    });
    await test.relay();
    assert.deepEqual(test.calls, ["bury 1 (MailRefused Error 550)"]);
  });

  it("gives up what could not be sent for a day", async () => {
    const away = async () => {
      throw new Error("away");
    };
    const [late, young] = [-24 * hourMs, -23 * hourMs].map((age) => ({
      ...mail("1"),
      createTime: new Date(start + age),
    }));
    assert.ok(late && young);
    const [first, second] = [setup([late], away), setup([young], away)];
    await Promise.all([first.relay(), second.relay()]);
    assert.deepEqual([first.calls, second.calls], [["bury 1 (Error)"], ["put back 1 (Error)"]]);
  });

  it("does not send a link that counts no more", async () => {
    const test = setup([{ ...mail("1"), proofId: "p1", proof: null }]);
    await test.relay();
    assert.deepEqual([test.sent, test.calls], [[], ["remove 1"]]);
  });

  it("takes nothing more when it is to stop, and finishes what it has", async () => {
    const stopping = new AbortController();
    const mails = Array.from({ length: 25 }, (_, n) => mail(String(n)));
    const test = setup(mails, async () => stopping.abort(), stopping.signal);
    await test.relay();
    assert.deepEqual([test.sent.length, test.calls.length], [10, 10]);
  });
});

const mail = (id: string): ClaimedMail => ({
  id,
  template: "PASSWORD_CHANGED",
  to: "ada@example.com" as Email,
  locale: "en",
  userId: "u1",
  proofId: null,
  proof: null,
  createTime: new Date(start),
  attempt: 1,
});

function setup(due: ClaimedMail[], send = async (_: RenderedMail) => {}, signal = new AbortController().signal) {
  const calls: string[] = [];
  const sent: string[] = [];
  const times: number[] = [];
  const queue: MailQueue = {
    claim: async (limit) => due.splice(0, limit),
    remove: async (id) => void calls.push(`remove ${id}`),
    async putBack({ id }, failure, time) {
      calls.push(`put back ${id} (${failure})`);
      times.push(time.getTime());
    },
    bury: async ({ id }, failure) => void calls.push(`bury ${id} (${failure})`),
  };
  const mailer = {
    async send(rendered: RenderedMail) {
      sent.push(rendered.id);
      await send(rendered);
    },
    close() {},
  };
  const relay = createMailRelay({
    queue,
    mailer,
    render: ({ id, to }) => ({ id, to, subject: "", text: "", html: "" }),
    clock: { now: () => new Date(start) },
    log: createLog("silent", "test"),
    giveUpAfterMs: 24 * hourMs,
    signal,
  });
  return { relay, calls, sent, times };
}
