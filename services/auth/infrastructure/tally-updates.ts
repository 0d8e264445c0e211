import { createInTurn, type InTurn } from "../../platform/in-turn.ts";
import { throttled } from "../domain/errors.ts";
import type { Tally } from "../domain/guessing.ts";
import type { KeptTally, SeenTally, Tallies } from "./tallies.ts";

/** What becomes of a tally; it may throw instead. */
export type TallyChange = (seen: SeenTally) => Tally;

export interface TallyUpdates {
  readonly inTurn: InTurn;
  readOne(key: string): Promise<SeenTally>;
  /** One for each key, in their order. */
  readAll<const K extends readonly string[]>(keys: K): Promise<{ readonly [index in keyof K]: SeenTally }>;
  /**
   * Keeps what `change` makes of the tally. Waits in line with the other updates of this process: a crowd at one address
   * takes one connection to the database, and not all of them.
   * @param seen spares the reading where nobody has written since.
   */
  update(key: string, change: TallyChange, seen?: SeenTally): Promise<KeptTally>;
  /** The same for somebody who has their turn already. */
  race(key: string, change: TallyChange, seen?: SeenTally): Promise<KeptTally>;
}

/** Who loses so many races against other processes is one of a crowd. */
const mostRaces = 40;
const crowdedMs = 1_000;

/** Optimistic updates of tallies. @throws DomainError THROTTLED where too many want the same one. */
export function createTallyUpdates(deps: { readonly tallies: Tallies; readonly keepMs: number }): TallyUpdates {
  const { tallies, keepMs } = deps;
  const inTurn = createInTurn();

  async function readAll<const K extends readonly string[]>(keys: K) {
    return (await tallies.read(keys)) as { readonly [index in keyof K]: SeenTally };
  }

  async function readOne(key: string): Promise<SeenTally> {
    const [seen] = await readAll([key]);
    return seen;
  }

  async function race(key: string, change: TallyChange, first?: SeenTally): Promise<KeptTally> {
    for (let attempt = 0; attempt < mostRaces; attempt++) {
      const seen = attempt === 0 && first !== undefined ? first : await readOne(key);
      const tally = change(seen);
      const version = await tallies.write(key, seen, tally, expiryOf(tally));
      if (version !== null) return { tally, version };
    }
    throw throttled(crowdedMs);
  }

  const expiryOf = ({ time, knownUntil }: Tally): Date =>
    new Date(Math.max(time.getTime() + keepMs, knownUntil?.getTime() ?? 0));

  /** Those in line for a tally. What one of them saw before is out of date once another has written. */
  const lines = new Map<string, { length: number; kept?: KeptTally }>();

  async function update(key: string, change: TallyChange, seen?: SeenTally): Promise<KeptTally> {
    const line = lines.get(key) ?? { length: 0 };
    lines.set(key, line);
    line.length += 1;
    try {
      return await inTurn(key, async () => {
        const isNewer = line.kept !== undefined && line.kept.version > (seen?.version ?? 0);
        line.kept = await race(key, change, isNewer ? line.kept : seen);
        return line.kept;
      });
    } finally {
      line.length -= 1;
      if (line.length === 0) lines.delete(key);
    }
  }

  return { inTurn, readAll, readOne, race, update };
}
