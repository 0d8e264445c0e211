import type { ProofTokens } from "../application/credential-ports.ts";
import type { Locale } from "../domain/locale.ts";
import type { MailTemplate } from "../domain/mail.ts";
import type { ProofLifetimes } from "../domain/proof.ts";
import type { ClaimedMail } from "./mail-queue.ts";
import { englishMails } from "./mail-texts-en.ts";
import { spanishMails } from "./mail-texts-es.ts";
import type { RenderedMail } from "./mailer.ts";

/** What a mail says, in one language. Each paragraph is plain text. */
export interface MailText {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  /** What the link is called. */
  readonly action: string;
  /** After the link. `lifetime` in words, e.g. "30 minutes". */
  readonly closing: (lifetime: string) => readonly string[];
}

export type MailTexts = Readonly<Record<MailTemplate, MailText>>;

const texts: Readonly<Record<Locale, MailTexts>> = { en: englishMails, es: spanishMails };

/** Pages of whoever runs Limen, below PUBLIC_URL. */
const pages: Readonly<Record<MailTemplate, string>> = {
  VERIFY_EMAIL: "/verify-email",
  REGISTRATION: "/verify-email",
  RESET: "/reset-password",
  INVITATION: "/accept-invitation",
  PASSWORD_CHANGED: "/forgot-password",
  ALREADY_REGISTERED: "/forgot-password",
  CHANGE_EMAIL: "/confirm-email",
  EMAIL_CHANGE_REQUESTED: "/forgot-password",
  EMAIL_CHANGED: "/contact",
  EMAIL_CHANGE_REJECTED: "/forgot-password",
  EMAIL_IN_USE: "/forgot-password",
};

export type RenderMail = (mail: ClaimedMail) => RenderedMail;

/** Links start with `publicUrl` and nothing else: no request has a part in them. */
export function createMailRenderer(deps: {
  readonly publicUrl: string;
  readonly proofTokens: Pick<ProofTokens, "mint">;
  readonly proofLifetimesMs: ProofLifetimes;
}): RenderMail {
  return ({ id, to, template, locale, proof }) => {
    const text = texts[locale][template];
    const link = new URL(deps.publicUrl.replace(/\/+$/, "") + pages[template]);
    if (proof !== null) link.searchParams.set("token", deps.proofTokens.mint(proof));
    const closing = text.closing(proof === null ? "" : inWords(deps.proofLifetimesMs[proof.kind], locale));
    const parts = { ...text, link: link.href, closing };
    return { id, to, subject: text.subject, text: plain(parts), html: html(parts, locale) };
  };
}

interface Parts extends Omit<MailText, "closing"> {
  readonly link: string;
  readonly closing: readonly string[];
}

const plain = ({ paragraphs, link, closing }: Parts): string => `${[...paragraphs, link, ...closing].join("\n\n")}\n`;

/** Mail programs know little CSS, and that only inline. */
function html({ subject, paragraphs, action, link, closing }: Parts, locale: Locale): string {
  const paragraph = (text: string) => `<p>${escapeHtml(text)}</p>`;
  const button = "display:inline-block;padding:12px 20px;border-radius:6px;background:#1f3a5f;color:#ffffff";
  return `<!doctype html>
<html lang="${locale}">
<head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0;padding:24px;font-family:sans-serif;line-height:1.5;color:#1a1a1a">
${paragraphs.map(paragraph).join("\n")}
<p><a href="${escapeHtml(link)}" style="${button}">${escapeHtml(action)}</a></p>
<p>${escapeHtml(link)}</p>
${closing.map(paragraph).join("\n")}
</body>
</html>
`;
}

export const escapeHtml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

const spans = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** In the largest unit that it is a whole number of. */
function inWords(ms: number, locale: Locale): string {
  const [unit, unitMs] = spans.find(([, candidateMs]) => ms >= candidateMs && ms % candidateMs === 0) ?? [
    "second",
    1_000,
  ];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(Math.ceil(ms / unitMs));
}
