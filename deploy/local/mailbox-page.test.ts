import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { describe, it } from "node:test";
import { fastify } from "fastify";
import { secureAnswers } from "../../gateway/security-headers.ts";
import type { ReceivedMail } from "../../services/auth/infrastructure/development-mailbox.ts";
import { serveMailbox } from "./mailbox-page.ts";

const mail = (n: number, text = "Hello"): ReceivedMail => ({
  to: "ada@example.com",
  subject: `<b>${n}</b>`,
  text,
  html: "<p>Hello</p>",
  createTime: new Date(Date.UTC(2026, 0, n)),
});

describe("the development mailbox's page", () => {
  it("gives programs JSON, oldest first", async () => {
    const answer = await ask([mail(1), mail(2)], "application/json");
    assert.deepEqual(answer.json(), [
      { ...mail(1), createTime: "2026-01-01T00:00:00.000Z" },
      { ...mail(2), createTime: "2026-01-02T00:00:00.000Z" },
    ]);
    assert.equal(answer.headers["cache-control"], "no-store");
  });

  it("gives people a page, newest first, with links to follow and nothing of a mail unescaped", async () => {
    const text = 'See http://127.0.0.1/x?token=a&b="><script>alert(1)</script> <img src=x>';
    const { body, headers } = await ask([mail(1), mail(2, text)], "text/html");
    assert.match(String(headers["content-type"]), /^text\/html/);
    assert.ok(body.indexOf("&lt;b&gt;2") < body.indexOf("&lt;b&gt;1"));
    assert.match(body, /<a href="http:\/\/127\.0\.0\.1\/x\?token=a&amp;b=&quot;&gt;&lt;script&gt;/);
    assert.doesNotMatch(body, /<script|<img|<b>/);
  });

  it("allows its own style sheet and nothing else", async () => {
    const { body, headers } = await ask([], "text/html");
    const [, style = ""] = /<style>(.*)<\/style>/s.exec(body) ?? [];
    const policy = String(headers["content-security-policy"]);
    assert.ok(policy.includes(`style-src 'sha256-${hash("sha256", style, "base64")}'`), policy);
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|script-src/);
  });
});

async function ask(mails: readonly ReceivedMail[], accept: string) {
  const app = fastify();
  secureAnswers(app);
  serveMailbox(app, { list: () => mails });
  return app.inject({ url: "/dev/mailbox", headers: { accept } });
}
