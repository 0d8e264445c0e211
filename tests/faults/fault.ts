import type { ClientLog } from "./client-log.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** Something that goes wrong while people register. */
export interface Fault {
  /** "F1", or "random". */
  readonly name: string;
  readonly title: string;
  /** Resolves when the fault is over and everything runs again. Whether anything was lost is not its business. */
  inject(context: FaultContext): Promise<void>;
}

export interface FaultContext {
  readonly world: World;
  readonly log: ClientLog;
  readonly random: Random;
  /** Aborted when the fault is over or has failed: nothing that it began goes on. */
  readonly over: AbortSignal;
  /** What the whole run is about; 10 000 for the figures of the fault table. */
  readonly registrations: number;
  /** A count of the fault table, for a run of this size; at least `least`. */
  scaled(count: number, least: number): number;
  /** A poison that is meant to become a dead letter. */
  plant(messageId: string): void;
  /** A figure for the report; a limit that it does not keep makes the run a failure. */
  measure(figure: string, value: number, limit?: Limit): void;
  /** A duration for the report, and how long it may be at most: in milliseconds. */
  time(figure: string, ms: number, atMost?: number): void;
  /** A line for the person who watches. */
  note(line: string): void;
}

export interface Limit {
  readonly atMost?: number;
  readonly atLeast?: number;
}

export const keeps = (value: number, { atMost, atLeast }: Limit): boolean =>
  (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);
