import { type Service, services } from "./databases.ts";
import { UsageError } from "./exit.ts";
import { parseMoment } from "./moment.ts";

/** As commander gives it. */
export interface DeadLetterOptions {
  readonly service?: Service;
  readonly queue?: string;
  readonly reason?: string;
  readonly type?: string;
  readonly before?: string;
  readonly after?: string;
}

/** Which dead letters. What is not given is not asked for. */
export interface DeadLetterFilter {
  /** Numbers of the letters in each service's table. */
  readonly numbers: Readonly<Record<Service, readonly string[]>> | null;
  readonly services: readonly Service[];
  readonly queue: string | null;
  readonly reason: string | null;
  /** Full name, or its last part. */
  readonly type: string | null;
  readonly before: Date | null;
  readonly after: Date | null;
}

/** @throws UsageError for what is no id and no time. */
export function toFilter(ids: readonly string[], options: DeadLetterOptions, now: Date): DeadLetterFilter {
  const { service, queue = null, reason = null, type = null, before, after } = options;
  const known = ids.map(parseLetterId);
  return {
    ...{ queue, reason, type },
    numbers: known.length === 0 ? null : { users: numbersOf(known, "users"), auth: numbersOf(known, "auth") },
    services: services
      .filter((each) => service === undefined || each === service)
      .filter((each) => known.length === 0 || known.some((id) => id.service === each)),
    before: before === undefined ? null : parseMoment(before, now),
    after: after === undefined ? null : parseMoment(after, now),
  };
}

/** True when nothing narrows the choice: such a filter must be asked for by name. */
export const isAnything = ({ numbers, ...filter }: DeadLetterFilter): boolean =>
  numbers === null &&
  filter.services.length === services.length &&
  [filter.queue, filter.reason, filter.type, filter.before, filter.after].every((given) => given === null);

export interface LetterId {
  readonly service: Service;
  readonly number: string;
}

/** "users:17". Each service numbers its own. @throws UsageError */
export function parseLetterId(text: string): LetterId {
  const [, service, number] = /^(users|auth):([1-9]\d{0,17})$/.exec(text) ?? [];
  if (service === undefined || number === undefined) {
    throw new UsageError(`"${text}" is no dead letter's id, which looks like users:17 or auth:17.`);
  }
  return { service: service as Service, number };
}

const numbersOf = (ids: readonly LetterId[], service: Service): string[] =>
  ids.filter((id) => id.service === service).map(({ number }) => number);

/** The condition on a row of `service`'s table, and its parameters. */
export function conditionOf(filter: DeadLetterFilter, service: Service): { where: string; values: unknown[] } {
  const { queue, reason, type, before, after } = filter;
  return {
    where: `($1::bigint[] is null or id = any($1)) and ($2::text is null or queue = $2)
      and ($3::text is null or reason = $3) and ($4::text is null or type = $4 or right(type, length($4) + 1) = '.' || $4)
      and ($5::timestamptz is null or dead_time < $5) and ($6::timestamptz is null or dead_time >= $6)`,
    values: [filter.numbers?.[service] ?? null, queue, reason, type, before, after],
  };
}
