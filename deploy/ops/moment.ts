import { duration } from "../../services/platform/config.ts";
import { UsageError } from "./exit.ts";

const span = duration("0s");

/** "90s", "15m", "24h", "7d", in milliseconds. @throws UsageError */
export function parseSpan(text: string): number {
  const parsed = span.safeParse(text);
  if (!parsed.success) throw new UsageError(`"${text}" is no duration: a number with a unit, ms, s, m, h or d`);
  return parsed.data;
}

/** A point in time as ISO 8601 writes it, in UTC where it names no zone; or how long ago, "2h". @throws UsageError */
export function parseMoment(text: string, now: Date): Date {
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const withZone = /T.*(Z|[+-]\d\d:?\d\d)$/i.test(text) || !text.includes("T") ? text : `${text}Z`;
    const moment = new Date(withZone);
    if (!Number.isNaN(moment.getTime())) return moment;
  }
  const ago = span.safeParse(text);
  if (ago.success) return new Date(now.getTime() - ago.data);
  throw new UsageError(`"${text}" is no time: 2026-01-31T12:00:00Z, 2026-01-31, or how long ago: 2h`);
}

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** The largest unit of which there is one, as a person says it: "3h". */
export function describeSpan(ms: number): string {
  for (const [unit, length] of units) if (ms >= length) return `${Math.floor(ms / length)}${unit}`;
  return "0s";
}

/** "3h ago", "in 5m", "now"; null stays null. */
export function describeMoment(moment: Date | null, now: Date): string | null {
  if (moment === null) return null;
  const ms = moment.getTime() - now.getTime();
  if (Math.abs(ms) < 1_000) return "now";
  return ms > 0 ? `in ${describeSpan(ms)}` : `${describeSpan(-ms)} ago`;
}
