import { hash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { DevelopmentMailbox, ReceivedMail } from "../../services/auth/infrastructure/development-mailbox.ts";
import { escapeHtml } from "../../services/auth/infrastructure/mail-renderer.ts";

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
article { border: 1px solid #8888; border-radius: 6px; padding: 0 1rem; margin: 1rem 0 }
pre { white-space: pre-wrap; overflow-wrap: anywhere }`;

/** One style sheet, named by its hash, and nothing else: whatever a mail holds, nothing of it runs or is fetched. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${hash("sha256", style, "base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(";");

/** The development mailbox at /dev/mailbox: for people newest first, for programs as JSON, oldest first. */
export function serveMailbox(app: FastifyInstance, mailbox: Pick<DevelopmentMailbox, "list">): void {
  app.get("/dev/mailbox", (request, reply) => {
    reply
      .header("cache-control", "no-store")
      .header("vary", "accept")
      .header("content-security-policy", contentSecurityPolicy);
    const mails = mailbox.list();
    if (request.headers.accept?.includes("application/json")) return reply.send(mails);
    return reply.type("text/html; charset=utf-8").send(page(mails));
  });
}

const page = (mails: readonly ReceivedMail[]): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Mailbox (${mails.length})</title>
    <style>${style}</style>
  </head>
  <body>
    <h1>Mailbox</h1>
    ${mails.length === 0 ? "<p>No mail yet. Reload the page to look again.</p>" : mails.map(article).reverse().join("\n")}
  </body>
</html>
`;

const article = ({ to, subject, text, createTime }: ReceivedMail): string => `<article>
      <h2>${escapeHtml(subject)}</h2>
      <p>To ${escapeHtml(to)}, ${createTime.toISOString()}</p>
      <pre>${withLinks(text)}</pre>
    </article>`;

/** The text, escaped, its addresses to be followed. */
const withLinks = (text: string): string =>
  text
    .split(/(https?:\/\/\S+)/)
    .map((part, index) => {
      const escaped = escapeHtml(part);
      return index % 2 === 1 ? `<a href="${escaped}" rel="noreferrer">${escaped}</a>` : escaped;
    })
    .join("");
