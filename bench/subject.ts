import type { Comparison } from "./interleave.ts";
import type { Pace } from "./pace.ts";
import type { Servers } from "./servers.ts";
import type { Limen } from "./system.ts";

/** A number that comes out, and what it is held against. */
export interface Figure {
  /** E.g. "login". */
  readonly name: string;
  /** For a reader of the table: what is called, by how many. */
  readonly what: string;
  /** What the same machine could do at most, measured in the same run; or what else the value is compared with. */
  readonly limit: string;
  readonly goal: Goal;
}

export interface Goal {
  /** "ratio": rate of the subject by the rate of its limit, unless the figure says otherwise. */
  readonly unit: Unit;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export type Unit = "ratio" | "ms" | "MB";

/** What is measured at a time, by its name on the command line; one figure or several. */
export interface Study {
  readonly name: string;
  readonly figures: readonly Figure[];
  /** In the order of the figures. */
  readonly measure: (bench: Bench) => Promise<readonly Measurement[]>;
}

/** A study with one figure. */
export interface Subject extends Figure {
  readonly measure: (bench: Bench) => Promise<Measurement>;
}

export const studyOf = (subject: Subject): Study => ({
  name: subject.name,
  figures: [subject],
  measure: async (bench) => [await subject.measure(bench)],
});

/** What a subject is given. */
export interface Bench {
  readonly limen: Limen;
  /** For a subject that needs another Limen. */
  readonly servers: Servers;
  readonly pace: Pace;
  /** Aborted when the run is interrupted. */
  readonly signal: AbortSignal;
}

export interface Measurement {
  /** In the goal's unit. */
  readonly value: number;
  /** Lowest and highest of the rounds. */
  readonly spread: readonly [number, number];
  /** A second. */
  readonly rate: number | null;
  readonly limitRate: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** CPU time of the serving processes for each call. */
  readonly cpuUsPerCall: number | null;
  readonly limitCpuUsPerCall: number | null;
  /** Share of a core that making the calls took. Near 1, the rate is the driver's and not the subject's. */
  readonly driverBusy: number | null;
  readonly limitDriverBusy: number | null;
  /** What the value is made of or goes with, where that is known. */
  readonly parts?: readonly Part[];
}

export interface Part {
  readonly name: string;
  /** With its unit. */
  readonly value: string;
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

/** A value alone, with nothing beside it that was called so and so often. */
export const plainMeasurement = (value: number, spread: readonly [number, number] = [value, value]): Measurement => ({
  value,
  spread,
  rate: null,
  limitRate: null,
  p50Ms: null,
  p99Ms: null,
  cpuUsPerCall: null,
  limitCpuUsPerCall: null,
  driverBusy: null,
  limitDriverBusy: null,
});
