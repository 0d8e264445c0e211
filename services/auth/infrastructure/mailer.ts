/** A mail in its final form. */
export interface RenderedMail {
  /** Names the mail, however often it is sent: receivers may drop a repetition. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Hands mails to the outside world. */
export interface Mailer {
  /**
   * Resolves when the other side has taken the responsibility for it.
   * @throws MailRefused when it never will; any other error when it may later.
   */
  send(mail: RenderedMail, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** The mail itself is refused: an address that does not exist, a message that is not wanted. */
export class MailRefused extends Error {
  override readonly name = "MailRefused";
}
