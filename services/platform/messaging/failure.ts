import { DomainError } from "../errors.ts";
import { PermanentFailure } from "./message.ts";

/** A wrapped failure is still that failure, so the whole cause chain is searched. */
function permanentFailureIn(error: unknown): PermanentFailure | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (e instanceof PermanentFailure) return e;
  }
  return undefined;
}

/** Something the handler needs is down. That says nothing about the message, so it costs the message no attempt. */
export function isUnavailable(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (e instanceof DomainError && e.kind === "unavailable") return true;
  }
  return false;
}

/**
 * What a failed delivery means: a PermanentFailure when the message is dead, else undefined: it gets another attempt.
 * The text of an unknown error may quote data, so a dead letter carries only the error's name.
 */
export function verdict(error: unknown, attempt: number, maxAttempts: number): PermanentFailure | undefined {
  const failure = permanentFailureIn(error);
  if (failure !== undefined) return failure;
  if (attempt < maxAttempts) return undefined;
  const name = error instanceof Error ? error.name : typeof error;
  return new PermanentFailure("ATTEMPTS_EXHAUSTED", `${attempt} attempts failed, the last with ${name}`, {
    cause: error,
  });
}
