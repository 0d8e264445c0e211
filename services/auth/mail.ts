import type { Pool } from "pg";
import type { Log } from "../platform/log.ts";
import { type Periodic, startPeriodic } from "../platform/periodic.ts";
import type { Clock } from "./application/ports.ts";
import type { AuthWorkerConfig } from "./config.ts";
import { createHmacProofTokens } from "./infrastructure/hmac-proof-tokens.ts";
import { createMailRelay } from "./infrastructure/mail-relay.ts";
import { createMailRenderer } from "./infrastructure/mail-renderer.ts";
import type { Mailer } from "./infrastructure/mailer.ts";
import { createNodemailerMailer } from "./infrastructure/nodemailer-mailer.ts";
import { createPostgresMailQueue } from "./infrastructure/postgres-mail-queue.ts";

interface OutgoingMailDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: Pick<AuthWorkerConfig, "production" | "mail" | "keyEncryptionKey" | "proofLifetimesMs">;
  /** In the place of a mail server. */
  readonly mailer?: Mailer | undefined;
}

/** Sends the mails that wait in the database, until it is stopped. */
export function startOutgoingMail({
  pool,
  clock,
  log,
  config,
  mailer = smtpMailer(config),
}: OutgoingMailDeps): Periodic {
  if (mailer === undefined) {
    log.warn({ event: "mail_waits" }, "SMTP_URL is not set: mails wait in the database");
    return { stop: async () => {} };
  }
  const { mail, proofLifetimesMs } = config;
  const stopping = new AbortController();
  const proofTokens = createHmacProofTokens({ masterKeys: [config.keyEncryptionKey] });
  const relayMails = createMailRelay({
    queue: createPostgresMailQueue(pool),
    mailer,
    render: createMailRenderer({ publicUrl: mail.publicUrl, proofTokens, proofLifetimesMs }),
    clock,
    log,
    giveUpAfterMs: mail.giveUpAfterMs,
    signal: stopping.signal,
  });
  const relaying = startPeriodic({ name: "mail relay", everyMs: 250, log, work: relayMails });
  return {
    async stop() {
      stopping.abort();
      await relaying.stop();
      mailer.close();
    },
  };
}

const smtpMailer = ({ mail, production }: OutgoingMailDeps["config"]): Mailer | undefined =>
  mail.smtpUrl === undefined
    ? undefined
    : createNodemailerMailer({ url: mail.smtpUrl, from: mail.from, requireTls: production });
