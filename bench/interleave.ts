import { median, percentile, type Window } from "./measure.ts";
import { cpuSeconds } from "./processes.ts";

/** One of the two that are compared. */
export interface Side {
  /** Unmeasured, before each window: for what the other side left behind. */
  readonly before?: () => Promise<void>;
  readonly run: () => Promise<Window>;
  /** Ids of the processes that do its work; their CPU time is told. */
  readonly serving: readonly number[];
}

/** A window, and what it cost. */
export interface CostedWindow extends Window {
  /** Of the serving processes. Null where the system does not tell. */
  readonly cpuSeconds: number | null;
  /** Of who makes the calls. */
  readonly driverSeconds: number;
}

/** All windows of one side taken together. */
export interface Summary {
  /** Calls a second. */
  readonly rate: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly cpuUsPerCall: number | null;
  /** Share of one core that making the calls took. Near 1, the driver is the bottleneck, and the rate is its rate. */
  readonly driverBusy: number;
}

export interface Comparison {
  readonly subject: Summary;
  readonly limit: Summary;
  /** Rate of the subject by that of the limit: the median over the rounds, and the lowest and highest. */
  readonly ratio: number;
  readonly spread: readonly [number, number];
}

/**
 * Subject, limit, subject, limit …: whatever else the machine does meanwhile slows down both, and the ratio of neighbours
 * stays what it is.
 */
export async function interleave(deps: {
  readonly subject: Side;
  readonly limit: Side;
  readonly rounds: number;
}): Promise<Comparison> {
  const subjectWindows: CostedWindow[] = [];
  const limitWindows: CostedWindow[] = [];
  for (let round = 0; round < deps.rounds; round++) {
    subjectWindows.push(await runOnce(deps.subject));
    limitWindows.push(await runOnce(deps.limit));
  }
  return compare(subjectWindows, limitWindows);
}

/** The windows of the two sides in pairs, as they were taken. */
export function compare(subject: readonly CostedWindow[], limit: readonly CostedWindow[]): Comparison {
  const ratios = subject.map((window, round) => {
    const other = limit[round];
    if (other === undefined) throw new Error(`round ${round} has no limit`);
    return window.calls / window.seconds / (other.calls / other.seconds);
  });
  return {
    subject: summarize(subject),
    limit: summarize(limit),
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
  };
}

async function runOnce({ before, run, serving }: Side): Promise<CostedWindow> {
  await before?.();
  const cpuBefore = await cpuSeconds(serving);
  const driverBefore = process.cpuUsage();
  const window = await run();
  const driver = process.cpuUsage(driverBefore);
  const cpuAfter = await cpuSeconds(serving);
  return {
    ...window,
    cpuSeconds: cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore,
    driverSeconds: window.driverSeconds ?? (driver.user + driver.system) / 1e6,
  };
}

function summarize(windows: readonly CostedWindow[]): Summary {
  const sum = (value: (window: CostedWindow) => number) => windows.reduce((total, window) => total + value(window), 0);
  const calls = sum((window) => window.calls);
  const seconds = sum((window) => window.seconds);
  const latenciesMs = windows.flatMap((window) => window.latenciesMs);
  const isCosted = windows.every((window) => window.cpuSeconds !== null);
  return {
    rate: calls / seconds,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    cpuUsPerCall: isCosted ? (sum((window) => window.cpuSeconds ?? 0) / calls) * 1e6 : null,
    driverBusy: sum((window) => window.driverSeconds) / seconds,
  };
}
