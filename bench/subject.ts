import type { Comparison } from "./interleave.ts";
import type { Limen } from "./system.ts";

/** One thing that is measured, and the limit of the machine that it is held against. */
export interface Subject {
  /** As on the command line, e.g. "login". */
  readonly name: string;
  /** For a reader of the table: what is called, by how many. */
  readonly what: string;
  /** What the same machine could do at most, measured in the same run. */
  readonly limit: string;
  readonly goal: Goal;
  readonly measure: (bench: Bench) => Promise<Measurement>;
}

export interface Goal {
  /** "ratio": rate of the subject by the rate of its limit. */
  readonly unit: "ratio" | "ms";
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** What a subject is given. */
export interface Bench {
  readonly limen: Limen;
  readonly pace: Pace;
  /** Aborted when the run is interrupted. */
  readonly signal: AbortSignal;
}

/** How long everything takes. More of it makes the figures steadier, not better. */
export interface Pace {
  /** Windows of each side. */
  readonly rounds: number;
  readonly windowMs: number;
  /** Calls of both sides before the first window, unmeasured. */
  readonly warmUpMs: number;
  /** Registrations, one after another. */
  readonly registrations: number;
  /** Different people, and tokens, that calls are spread over. */
  readonly variety: number;
  /** Commands in each round. */
  readonly commands: number;
}

export const fullPace: Pace = {
  rounds: 10,
  windowMs: 5_000,
  warmUpMs: 5_000,
  registrations: 300,
  variety: 200,
  commands: 4_000,
};

/** For a look while working, and to see that everything runs. */
export const quickPace: Pace = {
  rounds: 3,
  windowMs: 2_000,
  warmUpMs: 1_500,
  registrations: 60,
  variety: 40,
  commands: 600,
};

export interface Measurement {
  /** In the goal's unit. */
  readonly value: number;
  /** Lowest and highest of the rounds. */
  readonly spread: readonly [number, number];
  /** A second. */
  readonly rate: number;
  readonly limitRate: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** CPU time of the serving processes for each call. */
  readonly cpuUsPerCall: number | null;
  readonly limitCpuUsPerCall: number | null;
  /** Share of a core that making the calls took. Near 1, the rate is the driver's and not the subject's. */
  readonly driverBusy: number | null;
  readonly limitDriverBusy: number | null;
  /** What the value is made of, in milliseconds, where that is known. */
  readonly parts?: readonly Part[];
}

export interface Part {
  readonly name: string;
  readonly medianMs: number;
}

export const ofComparison = ({ subject, limit, ratio, spread }: Comparison): Measurement => ({
  value: ratio,
  spread,
  rate: subject.rate,
  limitRate: limit.rate,
  p50Ms: subject.p50Ms,
  p99Ms: subject.p99Ms,
  cpuUsPerCall: subject.cpuUsPerCall,
  limitCpuUsPerCall: limit.cpuUsPerCall,
  driverBusy: subject.driverBusy,
  limitDriverBusy: limit.driverBusy,
});
