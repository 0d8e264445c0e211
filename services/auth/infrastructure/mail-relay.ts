import { failpoints } from "../../platform/failpoints.ts";
import type { Log } from "../../platform/log.ts";
import type { Clock } from "../application/ports.ts";
import type { ClaimedMail, MailQueue } from "./mail-queue.ts";
import type { RenderMail } from "./mail-renderer.ts";
import { type Mailer, MailRefused } from "./mailer.ts";

/** Sends what is due. Resolves when nothing more is. */
export type RelayMails = () => Promise<void>;

interface MailRelayDeps {
  readonly queue: MailQueue;
  readonly mailer: Mailer;
  readonly render: RenderMail;
  readonly clock: Clock;
  readonly log: Log;
  /** A mail is given up when it has waited for so long. */
  readonly giveUpAfterMs: number;
  /** Aborts when the worker stops: what is being sent is sent, and no more. */
  readonly signal: AbortSignal;
}

/** Sent at the same time. */
const batchSize = 10;
/** For one mail, the whole conversation with the mail server; less than a worker has to stop. */
const sendMs = 15_000;
/** Longer than any mail takes: nobody else takes it while it is being sent. */
const leaseMs = 60_000;

/**
 * Mails leave outside any transaction, so one may leave twice: when a worker dies between the sending and the note of it.
 * None is lost: it stays in the queue until the mail server has taken it, or comes to the operator's notice.
 */
export function createMailRelay(deps: MailRelayDeps): RelayMails {
  return async () => {
    while (!deps.signal.aborted) {
      const now = deps.clock.now();
      const mails = await deps.queue.claim(batchSize, now, new Date(now.getTime() + leaseMs));
      failpoints?.pass("mail.after_claim");
      await Promise.all(mails.map(handle));
      if (mails.length < batchSize) return;
    }
  };

  async function handle(mail: ClaimedMail): Promise<void> {
    // The link was used, replaced or revoked meanwhile.
    if (mail.proofId !== null && mail.proof === null) return deps.queue.remove(mail.id);
    try {
      await deps.mailer.send(deps.render(mail), AbortSignal.timeout(sendMs));
    } catch (error) {
      return keep(mail, error);
    }
    failpoints?.pass("mail.after_send");
    await deps.queue.remove(mail.id);
  }

  async function keep(mail: ClaimedMail, error: unknown): Promise<void> {
    const now = deps.clock.now();
    const failure = describeFailure(error);
    const fields = { mailId: mail.id, template: mail.template, userId: mail.userId, attempt: mail.attempt, failure };
    if (error instanceof MailRefused || now.getTime() - mail.createTime.getTime() >= deps.giveUpAfterMs) {
      await deps.queue.bury(mail, failure, now);
      deps.log.error({ event: "mail_given_up", ...fields }, "a mail was given up");
    } else {
      await deps.queue.putBack(mail, failure, new Date(now.getTime() + backoffMs(mail.attempt)));
      deps.log.warn({ event: "mail_delayed", ...fields }, "a mail will be tried again");
    }
  }
}

/** What may be kept of an error: its names and codes, e.g. "MailRefused EENVELOPE 550". Its text may quote the address. */
function describeFailure(error: unknown): string {
  const parts: unknown[] = [];
  for (let e = error; e instanceof Error; e = e.cause) {
    const { code, responseCode } = e as { readonly code?: unknown; readonly responseCode?: unknown };
    parts.push(e.name, code, responseCode);
  }
  return parts.filter((part) => typeof part === "string" || typeof part === "number").join(" ") || typeof error;
}

/** 1 s, 2 s, 4 s, … 5 min, each shortened by up to half at random. */
function backoffMs(attempt: number): number {
  return Math.min(1_000 * 2 ** (attempt - 1), 300_000) * (0.5 + Math.random() / 2);
}
