import { createTransport } from "nodemailer";
import { type Mailer, MailRefused, type RenderedMail } from "./mailer.ts";

interface NodemailerMailerDeps {
  /** `smtps://user:password@host:465`, or `smtp://…:587`, which changes to TLS where the server offers it. */
  readonly url: string;
  /** Sender, as in RFC 5322: `Limen <no-reply@example.com>`. */
  readonly from: string;
  /** Refuse to send, rather than send in the clear. */
  readonly requireTls: boolean;
  readonly timeoutMs?: number;
}

/** As many as the relay sends at the same time. */
const connections = 10;

export function createNodemailerMailer({ url, from, requireTls, timeoutMs = 10_000 }: NodemailerMailerDeps): Mailer {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: connections,
    requireTLS: requireTls,
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // A mail is made of texts alone, whatever they hold.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^\s@>]+)>?\s*$/.exec(from)?.[1] ?? "localhost";

  return {
    async send({ id, to, subject, text, html }: RenderedMail, signal) {
      try {
        await transport.sendMail({
          messageId: `<${id}@${domain}>`,
          from,
          // An object, so that nothing in the address is read as a second one.
          to: { name: "", address: to },
          subject,
          text,
          html,
          // RFC 3834, section 5: no "out of office" in return.
          headers: { "auto-submitted": "auto-generated" },
          signal,
        });
      } catch (error) {
        if (isRefusal(error)) throw new MailRefused("the mail server refused the mail", { cause: error });
        throw error;
      }
    },
    close: () => transport.close(),
  };
}

/** A permanent reply (RFC 5321, section 4.2.1) about this mail. About anything else, the server may think again. */
function isRefusal(error: unknown): boolean {
  const { code, responseCode = 0 } = error as { code?: string; responseCode?: number };
  return (code === "EENVELOPE" || code === "EMESSAGE") && responseCode >= 500 && responseCode < 600;
}
