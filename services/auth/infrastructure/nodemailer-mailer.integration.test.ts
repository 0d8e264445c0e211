import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { type MailServer, startMailServer } from "../../../tests/support/mail-server.ts";
import { mailerContract } from "./mailer.contract.ts";
import { MailRefused } from "./mailer.ts";
import { createNodemailerMailer } from "./nodemailer-mailer.ts";

const mail = { id: "0199", to: "ada@example.com", subject: "Reset", text: "Hello", html: "<p>Hello</p>" };
const from = "Limen <no-reply@limen.example.com>";
const patient = () => AbortSignal.timeout(5_000);

let server: MailServer;
before(async () => {
  server = await startMailServer();
});
after(() => server.close());

mailerContract("SMTP", () => ({ mailer: open(server.url), received: () => server.mails }));

function open(url: string, options: { requireTls?: boolean; timeoutMs?: number } = {}) {
  return createNodemailerMailer({ url, from, requireTls: false, ...options });
}

describe("mail over SMTP", () => {
  it("says who sends it, by one name however often, and asks for no automatic answer", async () => {
    const mailer = open(server.url);
    await mailer.send(mail, patient());
    await mailer.send(mail, patient());
    for (const { headers } of server.mails.slice(-2)) {
      assert.equal(headers.get("from"), from);
      assert.equal(headers.get("message-id"), "<0199@limen.example.com>");
      assert.equal(headers.get("auto-submitted"), "auto-generated");
    }
    mailer.close();
  });

  it("logs in over TLS", async () => {
    const logins: unknown[] = [];
    const secure = await startMailServer({
      secure: true,
      authOptional: false,
      onAuth(auth, _, callback) {
        logins.push([auth.username, auth.password]);
        callback(null, { user: auth.username });
      },
    });
    const url = new URL(secure.url.replace("smtp:", "smtps:"));
    url.username = "limen";
    url.password = "p@ss:word";
    // The server's certificate is its own.
    url.searchParams.set("tls.rejectUnauthorized", "false");
    const mailer = open(url.href, { requireTls: true });
    await mailer.send(mail, patient());
    assert.deepEqual([logins, secure.mails.length], [[["limen", "p@ss:word"]], 1]);
    mailer.close();
    await secure.close();
  });

  it("does not believe a certificate that nobody vouches for", async () => {
    const secure = await startMailServer({ secure: true });
    const mailer = open(secure.url.replace("smtp:", "smtps:"));
    await assert.rejects(mailer.send(mail, patient()), later);
    assert.equal(secure.mails.length, 0);
    mailer.close();
    await secure.close();
  });

  it("does not send in the clear where TLS is required", async () => {
    const count = server.mails.length;
    const mailer = open(server.url, { requireTls: true });
    await assert.rejects(mailer.send(mail, patient()), later);
    assert.equal(server.mails.length, count);
    mailer.close();
  });

  for (const [responseCode, expected] of [
    [550, "refused"],
    [451, "later"],
  ] as const) {
    it(`takes ${responseCode} for "${expected}"`, async () => {
      const picky = await startMailServer({
        onRcptTo: (_, __, callback) => callback(Object.assign(new Error("not here"), { responseCode })),
      });
      const mailer = open(picky.url);
      await assert.rejects(mailer.send(mail, patient()), expected === "refused" ? MailRefused : later);
      mailer.close();
      await picky.close();
    });
  }

  it("may be tried again when nobody listens", async () => {
    const gone = await startMailServer();
    await gone.close();
    const mailer = open(gone.url);
    await assert.rejects(mailer.send(mail, patient()), later);
    mailer.close();
  });

  it("gives up waiting for a server that says nothing, by itself and when told to", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const url = `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    for (const [timeoutMs, signal] of [
      [100, patient()],
      [5_000, AbortSignal.timeout(100)],
    ] as const) {
      const mailer = open(url, { timeoutMs });
      const start = performance.now();
      await assert.rejects(mailer.send(mail, signal), later);
      assert.ok(performance.now() - start < 2_000);
      mailer.close();
    }
    silent.close();
  });
});

const later = (error: unknown): boolean => error instanceof Error && !(error instanceof MailRefused);
