import { randomUUID } from "node:crypto";
import type { Person } from "../support/client.ts";

/** acknowledged: 2xx. definite: 4xx. indeterminate: no answer, or one that says nothing (5xx). */
export type Outcome = "acknowledged" | "definite" | "indeterminate";

export interface Attempt {
  readonly outcome: Outcome;
  /** 0 without an answer. */
  readonly status: number;
  /** The problem's reason, or what became of the connection. */
  readonly reason: string;
  /** Of the registration that was acknowledged. */
  readonly registrationId: string | null;
  readonly userId: string | null;
  readonly ms: number;
}

/** A person's wish to register: every attempt has the same idempotency key. */
export interface Wish {
  readonly key: string;
  readonly person: Person;
  readonly attempts: Attempt[];
  /** This run makes Limen give it up: FAILED is as good an end as COMPLETED. */
  readonly mayFail: boolean;
}

/** What the clients know, and all that Limen can be held to. */
export interface ClientLog {
  readonly wishes: readonly Wish[];
  add(person: Person, options?: { readonly mayFail?: boolean }): Wish;
}

export function createClientLog(): ClientLog {
  const wishes: Wish[] = [];
  return {
    wishes,
    add(person, { mayFail = false } = {}) {
      const wish = { key: randomUUID(), person, attempts: [], mayFail };
      wishes.push(wish);
      return wish;
    },
  };
}

/** An acknowledgement binds, whatever came before or after; a refusal only where it is the last word. */
export function outcomeOf({ attempts }: Pick<Wish, "attempts">): Outcome {
  if (attempts.some(({ outcome }) => outcome === "acknowledged")) return "acknowledged";
  return attempts.at(-1)?.outcome ?? "indeterminate";
}
