import { interleave } from "./interleave.ts";
import { type LoadProcess, withLoads } from "./load/load-process.ts";
import type { Pattern, Work } from "./load/work.ts";
import { type Bench, type Measurement, ofComparison } from "./subject.ts";

interface ServedWork {
  readonly work: Work;
  /** Ids of the processes whose CPU time it costs; that of the one that makes the calls where nobody else serves them. */
  readonly serving?: readonly number[];
}

/** Both warmed up, then in turns, each from a process of its own. */
export async function measureLoads(
  { pace, signal }: Bench,
  { subject, limit }: { readonly subject: ServedWork; readonly limit: ServedWork },
): Promise<Measurement> {
  return await withLoads({ subject: subject.work, limit: limit.work }, signal, async (loads) => {
    // Nobody is refused on an idle machine. On a busy one, whoever is comes back when it was told to.
    const pattern: Pattern = { forMs: pace.windowMs, patient: true };
    const side = (load: LoadProcess, { serving = [load.pid] }: ServedWork) => ({
      run: () => load.run(pattern),
      serving,
    });
    for (const load of Object.values(loads)) await load.run({ forMs: pace.warmUpMs });
    return ofComparison(
      await interleave({
        subject: side(loads.subject, subject),
        limit: side(loads.limit, limit),
        rounds: pace.rounds,
      }),
    );
  });
}
