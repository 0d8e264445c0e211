import type { Mail } from "../domain/mail.ts";
import type { Proof } from "../domain/proof.ts";

/** A mail whose turn it is, for one worker at a time. */
export interface ClaimedMail extends Mail {
  readonly id: string;
  readonly createTime: Date;
  /** 1 the first time. */
  readonly attempt: number;
  /** What its link is made from, its time starting now; null where it has none, or where the link counts no more. */
  readonly proof: Proof | null;
}

/** The mails that wait, whoever sends them. Each call is one statement. */
export interface MailQueue {
  /** Up to `limit` that are due, oldest first; they come back by themselves at `leaseEnd`, should their worker die. */
  claim(limit: number, now: Date, leaseEnd: Date): Promise<ClaimedMail[]>;
  /** It has left, or has become pointless. */
  remove(id: string): Promise<void>;
  /** Comes back at `time`. Nothing when another worker has claimed it meanwhile. */
  putBack(mail: Pick<ClaimedMail, "id" | "attempt">, failure: string, time: Date): Promise<void>;
  /** Given up, and kept for the operator. Nothing when another worker has claimed it meanwhile. */
  bury(mail: Pick<ClaimedMail, "id" | "attempt">, failure: string, now: Date): Promise<void>;
}
