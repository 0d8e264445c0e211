import type { PendingCreation } from "./creation.ts";
import type { Email, Name } from "./user.ts";

/**
 * A creation that was asked for here, and whom it is to create: enough to ask again when no decision comes, because the
 * command was lost on its way. Forgotten as soon as there is one.
 */
export interface CreationRequest {
  readonly creation: PendingCreation;
  readonly name: Name;
  readonly email: Email;
  /** How often the command has been sent. */
  readonly sends: number;
  /** When to send it again. */
  readonly nextSendTime: Date;
}

/** How long to wait for the decision after each time of sending, in ms. The last delay goes on for ever. */
export type AnswerSchedule = readonly number[];

export function requested(
  creation: PendingCreation,
  person: { readonly name: Name; readonly email: Email },
  schedule: AnswerSchedule,
  now: Date,
): CreationRequest {
  return { creation, ...person, sends: 1, nextSendTime: deadline(schedule, 1, now) };
}

export function sentAgain(request: CreationRequest, schedule: AnswerSchedule, now: Date): CreationRequest {
  const sends = request.sends + 1;
  return { ...request, sends, nextSendTime: deadline(schedule, sends, now) };
}

/** It has not even been sent yet. */
export function postponed(request: CreationRequest, schedule: AnswerSchedule, now: Date): CreationRequest {
  return { ...request, nextSendTime: deadline(schedule, request.sends, now) };
}

function deadline(schedule: AnswerSchedule, sends: number, now: Date): Date {
  const delayMs = schedule[Math.min(sends, schedule.length) - 1] ?? 60_000;
  return new Date(now.getTime() + delayMs);
}
