import { interleave } from "./interleave.ts";
import { type Load, runClosedLoop } from "./measure.ts";
import { type Bench, type Measurement, ofComparison } from "./subject.ts";

/** A load, and the processes whose CPU time it costs. */
interface ServedLoad extends Load {
  readonly serving: readonly number[];
}

/** Both loads warmed up, then in turns. */
export async function measureLoads(
  { pace, signal }: Bench,
  loads: { readonly subject: ServedLoad; readonly limit: ServedLoad },
): Promise<Measurement> {
  const side = (load: ServedLoad) => ({
    run: () => runClosedLoop(load, pace.windowMs, signal),
    serving: load.serving,
  });
  for (const load of [loads.subject, loads.limit]) await runClosedLoop(load, pace.warmUpMs, signal);
  return ofComparison(
    await interleave({ subject: side(loads.subject), limit: side(loads.limit), rounds: pace.rounds }),
  );
}
