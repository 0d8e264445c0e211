import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** A mail as a program that shows mail would see it. */
export interface DeliveredMail {
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: ReadonlyMap<string, string>;
}

export interface MailServer {
  /** For SMTP_URL. */
  readonly url: string;
  /** Oldest first. */
  readonly mails: readonly DeliveredMail[];
  close(): Promise<void>;
}

/** A real SMTP server, for as long as a test takes. Without `secure` or a login, unless the options say otherwise. */
export async function startMailServer(options: Partial<SMTPServerOptions> = {}, port = 0): Promise<MailServer> {
  const mails: DeliveredMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    logger: false,
    closeTimeout: 200,
    onData(stream, session, callback) {
      readText(stream).then((source) => {
        const [recipient] = session.envelope.rcptTo;
        mails.push(parseMail(source, recipient?.address ?? ""));
        callback();
      }, callback);
    },
    ...options,
  });
  // A client that goes away in the middle is the test's business.
  server.on("error", () => {});
  server.listen(port, "127.0.0.1");
  await once(server.server, "listening");
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** What nodemailer writes: a message with a text and an HTML part (RFC 2046, section 5.1.4). */
function parseMail(source: string, to: string): DeliveredMail {
  const message = parsePart(source);
  const [, boundary = ""] = /boundary="([^"]+)"/.exec(message.headers.get("content-type") ?? "") ?? [];
  const parts = message.body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => parsePart(part.replace(/^\r\n/, "")));
  const part = (type: string): string => {
    const found = parts.find(({ headers }) => headers.get("content-type")?.startsWith(type));
    return found === undefined ? "" : decodeBody(found);
  };
  return {
    to,
    from: message.headers.get("from") ?? "",
    subject: decodeWords(message.headers.get("subject") ?? ""),
    text: part("text/plain"),
    html: part("text/html"),
    headers: message.headers,
  };
}

interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

function parsePart(source: string): Part {
  const end = source.indexOf("\r\n\r\n");
  const lines = source
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { headers: new Map(headers), body: source.slice(end + 4) };
}

function decodeBody({ headers, body }: Part): string {
  const encoding = headers.get("content-transfer-encoding");
  const text =
    encoding === "base64"
      ? Buffer.from(body, "base64").toString()
      : encoding === "quoted-printable"
        ? decodeQuoted(body.replaceAll(/=\r\n/g, ""))
        : body;
  return text.replaceAll("\r\n", "\n").trimEnd();
}

/** RFC 2045, section 6.7. */
const decodeQuoted = (text: string): string =>
  Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  ).toString();

/** RFC 2047, section 2. */
const decodeWords = (text: string): string =>
  text
    .replaceAll(/\?=\s+=\?/g, "?==?")
    .replaceAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_, encoding: string, word: string) =>
      encoding.toLowerCase() === "b" ? Buffer.from(word, "base64").toString() : decodeQuoted(word.replaceAll("_", " ")),
    );
