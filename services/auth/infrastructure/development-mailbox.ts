import type { Mailer, RenderedMail } from "./mailer.ts";

export interface ReceivedMail extends Omit<RenderedMail, "id"> {
  readonly createTime: Date;
}

export interface DevelopmentMailbox extends Mailer {
  /** Oldest first. */
  list(): readonly ReceivedMail[];
}

const capacity = 100;

/** Everybody's mail, in memory, for a developer to read. The newest hundred. */
export function createDevelopmentMailbox(deps: { clock: { now(): Date } }): DevelopmentMailbox {
  const received: ReceivedMail[] = [];
  return {
    async send({ to, subject, text, html }) {
      received.push({ to, subject, text, html, createTime: deps.clock.now() });
      if (received.length > capacity) received.shift();
    },
    list: () => [...received],
    close: () => {},
  };
}
