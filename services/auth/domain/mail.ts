import type { Email } from "./email.ts";
import type { Locale } from "./locale.ts";
import type { ProofKind } from "./proof.ts";

/** Mails with a link are named like what the link is for. */
export type MailTemplate =
  | ProofKind
  | "PASSWORD_CHANGED"
  | "ALREADY_REGISTERED"
  | "EMAIL_CHANGE_REQUESTED"
  | "EMAIL_CHANGED"
  | "EMAIL_CHANGE_REJECTED"
  | "EMAIL_IN_USE";

/** A mail as it is kept until it has left. The link is made when it leaves: nothing here opens a door. */
export interface Mail {
  readonly template: MailTemplate;
  readonly to: Email;
  readonly locale: Locale;
  readonly userId: string;
  /** The proof behind its link; null for a mail without one. */
  readonly proofId: string | null;
}
