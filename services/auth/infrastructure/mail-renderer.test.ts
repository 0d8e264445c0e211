import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Email } from "../domain/email.ts";
import type { Locale } from "../domain/locale.ts";
import type { MailTemplate } from "../domain/mail.ts";
import { createMailRenderer, escapeHtml } from "./mail-renderer.ts";

const proofLifetimesMs = {
  RESET: 1_800_000,
  VERIFY_EMAIL: 5_400_000,
  CHANGE_EMAIL: 1_800_000,
  INVITATION: 604_800_000,
  REGISTRATION: 1_800_000,
};
const kinds = ["VERIFY_EMAIL", "RESET", "INVITATION", "CHANGE_EMAIL", "REGISTRATION"] as const;
const templates: readonly MailTemplate[] = [
  ...kinds,
  ...(["PASSWORD_CHANGED", "ALREADY_REGISTERED"] as const),
  ...(["EMAIL_CHANGE_REQUESTED", "EMAIL_CHANGED", "EMAIL_CHANGE_REJECTED", "EMAIL_IN_USE"] as const),
];
const now = new Date("2026-01-01T00:00:00Z");

function rendered(template: MailTemplate, locale: Locale, publicUrl = "https://limen.example.com") {
  const render = createMailRenderer({ publicUrl, proofTokens: { mint: ({ kind }) => `t-${kind}` }, proofLifetimesMs });
  const person = { userId: "u1", email: "ada@example.com" as Email };
  const kind = kinds.find((candidate) => candidate === template);
  const proof = kind === undefined ? null : { ...person, id: "p1", kind, ...times };
  const mail = { id: "m1", template, locale, userId: "u1", to: person.email, proofId: proof?.id ?? null, proof };
  return render({ ...mail, createTime: now, attempt: 1 });
}

const times = { issueTime: now, expireTime: now };

describe("a rendered mail", () => {
  for (const locale of ["en", "es"] as const) {
    for (const template of templates) {
      it(`says the same in both of its forms, in full: ${template}, ${locale}`, () => {
        const { text, html, subject, id, to } = rendered(template, locale);
        assert.deepEqual([id, to], ["m1", "ada@example.com"]);
        assert.ok(html.startsWith(`<!doctype html>\n<html lang="${locale}">`));
        for (const paragraph of text.trim().split("\n\n")) assert.ok(html.includes(escapeHtml(paragraph)), paragraph);
        assert.ok(html.includes(escapeHtml(subject)));
        assert.doesNotMatch(text + html, /undefined|null|\[object|NaN/);
      });
    }
  }

  it("is written in the person's language, how long its link counts included", () => {
    assert.match(rendered("RESET", "en").subject, /reset/i);
    assert.match(rendered("RESET", "en").text, /within 30 minutes\./);
    assert.match(rendered("RESET", "es").text, /durante 30 minutos\./);
    assert.match(rendered("VERIFY_EMAIL", "en").text, /within 90 minutes\./);
    assert.match(rendered("INVITATION", "es").text, /durante 7 días\./);
    const subjects = (["en", "es"] as const).flatMap((locale) => templates.map((t) => rendered(t, locale).subject));
    assert.equal(new Set(subjects).size, 22);
  });

  it("security 21: has links that start with the configured address alone", () => {
    const links = (url: string) => rendered("RESET", "en", url).text.match(/https?:\S+/g);
    assert.deepEqual(links("https://limen.example.com"), ["https://limen.example.com/reset-password?token=t-RESET"]);
    assert.deepEqual(links("https://example.com/id/"), ["https://example.com/id/reset-password?token=t-RESET"]);
  });

  it("has no token where it tells of a change", () => {
    const { text, html } = rendered("PASSWORD_CHANGED", "en");
    assert.doesNotMatch(text + html, /token/);
    assert.match(text, /https:\/\/limen\.example\.com\/forgot-password\n/);
  });

  it("fetches nothing and runs nothing", () => {
    for (const template of templates) assert.doesNotMatch(rendered(template, "en").html, /src=|<script|<link|url\(/);
  });
});

describe("escaping", () => {
  it("leaves nothing that HTML would read", () => {
    assert.equal(
      escapeHtml(`<a href="x" title='y'>&</a>`),
      "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;&lt;/a&gt;",
    );
  });
});
