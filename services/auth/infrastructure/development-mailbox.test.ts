import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createDevelopmentMailbox } from "./development-mailbox.ts";
import { mailerContract } from "./mailer.contract.ts";

const clock = { now: () => new Date("2026-01-01T00:00:00Z") };

mailerContract("development mailbox", () => {
  const mailer = createDevelopmentMailbox({ clock });
  return { mailer, received: mailer.list };
});

describe("the development mailbox", () => {
  it("keeps the newest hundred, oldest first, with the time of each", async () => {
    const mailbox = createDevelopmentMailbox({ clock });
    for (let n = 0; n < 103; n++) {
      const mail = { id: `${n}`, to: "ada@example.com", subject: `${n}`, text: "", html: "" };
      await mailbox.send(mail, new AbortController().signal);
    }
    const mails = mailbox.list();
    assert.deepEqual([mails.length, mails[0]?.subject, mails.at(-1)?.subject], [100, "3", "102"]);
    assert.deepEqual(mails[0]?.createTime, clock.now());
  });
});
