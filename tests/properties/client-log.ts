import assert from "node:assert/strict";
import { DomainError } from "../../services/platform/errors.ts";
import { Crash } from "./crashing-unit-of-work.ts";
import type { SimulatedSystem } from "./simulated-system.ts";

/** What a client knows of one registration that it has asked for, however often, with one idempotency key. */
export interface Attempt {
  readonly key: string;
  readonly email: string;
  readonly password: string;
  /** Acknowledged once is acknowledged; indeterminate: it has never heard an answer. */
  outcome: "acknowledged" | "refused" | "indeterminate";
  registrationId: string | null;
}

/** The answer is lost on the way, or the api dies before it has committed. */
export type CallEnd = "answered" | "answer lost" | "crash before the commit";

/** Reasons that a caller may hear. */
const refusals = ["EMAIL_TAKEN", "IDEMPOTENCY_MISMATCH"];

/** The clients of the api, and what they have heard of it. */
export function createClients(system: SimulatedSystem) {
  const attempts = new Map<string, Attempt>();

  async function call(attempt: Attempt, end: CallEnd): Promise<void> {
    try {
      const { registration } = await system.register(attempt, end === "crash before the commit");
      if (end === "answer lost") return;
      attempt.registrationId ??= registration.id;
      assert.equal(registration.id, attempt.registrationId, `${attempt.key} names one registration`);
      attempt.outcome = "acknowledged";
    } catch (error) {
      if (error instanceof Crash) return;
      if (!(error instanceof DomainError) || !refusals.includes(error.reason)) throw error;
      if (end !== "answer lost" && attempt.outcome === "indeterminate") attempt.outcome = "refused";
    }
  }

  return {
    attempts: (): readonly Attempt[] => [...attempts.values()],
    /** Asks once, or twice at the same time. The password belongs to the key, so that it tells whose account it opens. */
    async register(email: string, key: string, end: CallEnd, twice: boolean): Promise<void> {
      const attempt: Attempt = attempts.get(key) ?? {
        ...{ key, email, password: `the password of ${key}` },
        ...{ outcome: "indeterminate", registrationId: null },
      };
      attempts.set(key, attempt);
      await Promise.all(twice ? [call(attempt, end), call(attempt, end)] : [call(attempt, end)]);
    },
  };
}
