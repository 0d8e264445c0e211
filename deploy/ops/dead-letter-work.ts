import type { Context } from "./context.ts";
import { type Service, type ServiceDatabase, services, withDatabases } from "./databases.ts";
import {
  type DeadLetterFilter,
  type DeadLetterOptions,
  isAnything,
  parseLetterId,
  toFilter,
} from "./dead-letter-filter.ts";
import { deadLetterNumbers } from "./dead-letters.ts";
import { Incomplete, UsageError } from "./exit.ts";

export interface WorkOptions extends DeadLetterOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

type Databases = Readonly<Record<Service, ServiceDatabase>>;

/** Letters that were chosen, before anything is done with them. */
export interface Chosen {
  readonly databases: Databases;
  readonly filter: DeadLetterFilter;
  readonly count: number;
  /** Does it with so many at a time, the oldest first, and shows how far it is. */
  inBatches(label: string, work: (service: Service, numbers: readonly string[]) => Promise<void>): Promise<void>;
}

const batchSize = 100;

/**
 * @throws UsageError when neither ids nor a filter nor --all say which; Incomplete, at the end, when some of the ids were
 * not there.
 */
export async function withChosenLetters(
  context: Context,
  ids: readonly string[],
  options: WorkOptions,
  work: (chosen: Chosen) => Promise<void>,
): Promise<void> {
  const filter = toFilter(ids, options, new Date());
  if (isAnything(filter) && options.all !== true) {
    throw new UsageError("Say which: ids, a filter such as --queue or --reason, or --all.");
  }
  await withDatabases(context, services, async (databases) => {
    const numbers = new Map<Service, string[]>();
    for (const service of filter.services) numbers.set(service, await deadLetterNumbers(databases[service], filter));
    const count = [...numbers.values()].reduce((sum, each) => sum + each.length, 0);
    await work({
      ...{ databases, filter, count },
      async inBatches(label, step) {
        const progress = context.terminal.progress(label, count);
        try {
          for (const [service, all] of numbers) {
            for (let start = 0; start < all.length; start += batchSize) {
              const batch = all.slice(start, start + batchSize);
              await step(service, batch);
              progress.advance(batch.length);
            }
          }
        } finally {
          progress.end();
        }
      },
    });
    const missing = ids.filter((id) => {
      const { service, number } = parseLetterId(id);
      return numbers.get(service)?.includes(number) !== true;
    });
    if (missing.length > 0) throw new Incomplete(`No dead letter, or none that matches: ${missing.join(", ")}.`);
  });
}
