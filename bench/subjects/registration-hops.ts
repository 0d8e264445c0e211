import pg from "pg";
import { median } from "../measure.ts";
import type { Part } from "../subject.ts";

/** A registration as its client saw it; times in milliseconds since 1970, by this machine's clock. */
export interface RegistrationTimes {
  readonly userId: string;
  readonly sentAt: number;
  readonly answeredAt: number;
}

/**
 * When each hop's work began, by the rows that it left, in milliseconds since 1970. A hop that is not the first begins
 * where the one before it ends. The auth worker's first step leaves no row of its own: it is the message that auth
 * received between the registration and the user, when only one registration is under way.
 */
const hopsOf = `
  select r.user_id, ${[
    ["r.create_time", "accepted"],
    [
      `(select min(i.process_time) from auth.inbox i where i.process_time between r.create_time and u.create_time)`,
      "advanced",
    ],
    ["u.create_time", "created"],
    ["a.create_time", "settled"],
    ["s.create_time", "opened"],
  ]
    .map(([time, name]) => `extract(epoch from ${time})::float8 * 1000 as ${name}`)
    .join(", ")}
  from auth.registrations r
  join users.users u on u.id = r.user_id
  join auth.accounts a on a.user_id = r.user_id
  join auth.sessions s on s.user_id = r.user_id
  where r.user_id = any($1)`;

interface Hops {
  readonly user_id: string;
  readonly accepted: number;
  readonly advanced: number;
  readonly created: number;
  readonly settled: number;
  readonly opened: number;
}

/** Where the time of registrations goes that were made one after another: the median of each hop. */
export async function registrationHops(
  databaseUrl: string,
  registrations: readonly RegistrationTimes[],
  hashMs: number,
): Promise<Part[]> {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    const ids = registrations.map(({ userId }) => userId);
    const { rows } = await database.query<Hops>(hopsOf, [ids]);
    const hops = new Map(rows.map((row) => [row.user_id, row]));
    const hop = (name: string, ms: (hop: Hops, seen: RegistrationTimes) => number): Part => ({
      name,
      value: milliseconds(
        registrations.map((seen) => {
          const found = hops.get(seen.userId);
          if (found === undefined) throw new Error(`the registration of ${seen.userId} left no trace`);
          return ms(found, seen);
        }),
      ),
    });
    return [
      hop(
        "gateway and auth api up to the hash's end, without the hash",
        (h, seen) => h.accepted - seen.sentAt - hashMs,
      ),
      hop("auth api's commit, relay, broker, to the auth worker", (h) => h.advanced - h.accepted),
      hop("auth worker's commit, relay, broker, to the users worker", (h) => h.created - h.advanced),
      hop("users worker's commit, relay, broker, to the auth worker", (h) => h.settled - h.created),
      hop("auth worker's commit, seen by the waiting auth api", (h) => h.opened - h.settled),
      hop("session's commit, tokens, answer", (h, seen) => seen.answeredAt - h.opened),
    ];
  } finally {
    await database.end();
  }
}

const milliseconds = (values: readonly number[]): string => `${median(values).toFixed(1)} ms`;
