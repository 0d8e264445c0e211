/** What asks users-service for something and is not over before that is answered. Immutable: each step is a new record. */
export interface Saga {
  readonly id: string;
  readonly state: string;
  /** How often the pending command has been sent. */
  readonly sends: number;
  /** When to send the pending command again. Null when nothing is pending. */
  readonly nextSendTime: Date | null;
  readonly createTime: Date;
  readonly updateTime: Date;
}

/** Given up: asks for a cancellation, until that is answered. */
export function compensating<S extends Saga>(saga: S, now: Date, nextSendTime: Date): S {
  return { ...saga, state: "COMPENSATING", sends: 1, nextSendTime, updateTime: now };
}

/** The pending command was sent once more. */
export function sentAgain<S extends Saga>(saga: S, now: Date, nextSendTime: Date): S {
  return { ...saga, sends: saga.sends + 1, nextSendTime, updateTime: now };
}

/** How long to wait for an answer to the `sends`-th command: the last delay of the schedule goes on for ever. */
export function answerDeadline(scheduleMs: readonly number[], sends: number, now: Date): Date {
  const delay = scheduleMs[Math.min(sends - 1, scheduleMs.length - 1)] ?? 60_000;
  return new Date(now.getTime() + delay);
}
