import { describeError } from "../../services/platform/log.ts";
import { type ClientLog, createClientLog } from "./client-log.ts";
import { type Fault, type FaultContext, keeps, type Limit } from "./fault.ts";
import { createRandom } from "./random.ts";
import { convergenceMs, isGood, type Verdict, verify } from "./verify.ts";
import type { World } from "./world.ts";

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly limit: Limit;
}

/** What became of one fault. */
export interface FaultResult {
  readonly fault: string;
  readonly title: string;
  readonly good: boolean;
  readonly registrations: number;
  readonly attempts: number;
  readonly seconds: number;
  /** What kept the fault from being injected to its end, or from being over in time. */
  readonly problem: string | null;
  readonly verdict: Verdict;
  readonly figures: readonly Figure[];
}

export interface RunOptions {
  readonly registrations: number;
  readonly seed: number;
  note(line: string): void;
  /** For rest after each fault. */
  readonly withinMs?: number;
  /** How many times longer than promised things may take, on a machine that is busy with other things as well; 1 unless set. */
  readonly slack?: number;
}

/** Injects faults into one world, one after the other, and has the whole of it checked after each. */
export function createRun(world: World, options: RunOptions): (fault: Fault) => Promise<FaultResult> {
  const log = createClientLog();
  const planted: string[] = [];
  const seen = new Set<string>();
  return async (fault) => {
    const begin = performance.now();
    const before = sizeOf(log);
    const crashesBefore = world.roles.crashes().length;
    const figures: Figure[] = [];
    const over = new AbortController();
    const context: FaultContext = {
      world,
      log,
      over: over.signal,
      random: createRandom(options.seed),
      registrations: options.registrations,
      scaled: (count, least) => Math.max(least, Math.ceil((count * options.registrations) / 10_000)),
      plant: (messageId) => void planted.push(messageId),
      measure: (name, value, limit = {}) => void figures.push({ name, value: Math.round(value), limit }),
      time(name, ms, atMost) {
        const limit = atMost === undefined ? {} : { atMost: Math.round(atMost * (options.slack ?? 1)) };
        figures.push({ name: `${name}, ms`, value: Math.round(ms), limit });
      },
      note: (line) => options.note(`${fault.name}: ${line}`),
    };
    const problem = await fault.inject(context).then(() => null, describeError);
    over.abort();
    const checked = await verify(world, log, { planted, seen, withinMs: options.withinMs ?? convergenceMs });
    const verdict = { ...checked, crashes: checked.crashes.slice(crashesBefore) };
    const after = sizeOf(log);
    return {
      fault: fault.name,
      title: fault.title,
      good: problem === null && isGood(verdict) && figures.every(({ value, limit }) => keeps(value, limit)),
      registrations: after.wishes - before.wishes,
      attempts: after.attempts - before.attempts,
      seconds: Math.round(performance.now() - begin) / 1_000,
      problem,
      verdict,
      figures,
    };
  };
}

const sizeOf = ({ wishes }: ClientLog) => ({
  wishes: wishes.length,
  attempts: wishes.reduce((sum, { attempts }) => sum + attempts.length, 0),
});
