import { type DestinationStream, destination, type Logger, pino } from "pino";
import { currentTraceparent } from "./trace.ts";

/** Events with allow-listed fields: `log.info({ event: "registration_completed", registrationId }, "…")`. */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error"> & {
  child(fields: Record<string, unknown>): Log;
};

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** A log whose level can be changed while it is written. Its children keep the level that they were born with. */
export type LeveledLog = Log & { level: string };

/** One JSON line per event on standard output, with the id of the trace that it belongs to. */
export function createLog(level: string, role: string): LeveledLog {
  return pino(
    {
      level,
      base: { role },
      mixin: currentTrace,
      mixinMergeStrategy: withTrace,
      timestamp,
      formatters: { level: (label) => ({ level: label }) },
    },
    standardOutput(),
  );
}

/** Calls that end within one millisecond share its text. */
let textOfNow = "";
let now = 0;

function timestamp(): string {
  if (now !== Date.now()) {
    now = Date.now();
    textOfNow = `,"time":"${new Date(now).toISOString()}"`;
  }
  return textOfNow;
}

const warning = pino.levels.values.warn ?? 0;

/** One for all logs of the process. */
let output: DestinationStream | undefined;

/**
 * A write for every line is a good part of what a short call costs: lines are written together, up to 8 KiB or a tenth of
 * a second of them; a warning or an error, and whatever the process says as it ends, at once.
 */
function standardOutput(): DestinationStream {
  if (output !== undefined) return output;
  const lines = destination({ fd: 1, sync: true, minLength: 8_192 });
  process.once("exit", () => lines.flushSync());
  // Its own periodic flush writes nothing, ten times a second, in a process that has nothing to say.
  let willFlush = false;
  const flush = () => {
    willFlush = false;
    lines.flush();
  };
  const flushSoon = () => {
    if (willFlush) return;
    willFlush = true;
    setTimeout(flush, 100).unref();
  };
  const stream = {
    // Asks pino to tell the level of each line.
    [Symbol.for("pino.metadata")]: true,
    lastLevel: 0,
    write(line: string) {
      lines.write(line);
      if (stream.lastLevel >= warning) lines.flush();
      else flushSoon();
    },
  };
  output = stream;
  return stream;
}

const noTrace = {};

/** What the work at hand says of itself; a line that names its trace knows better. */
function currentTrace(line: object): { readonly traceId?: string } {
  if ("traceId" in line) return noTrace;
  const traceId = currentTraceparent().slice(3, 35);
  return traceId === "" ? noTrace : { traceId };
}

function withTrace(line: object, trace: object): object {
  return trace === noTrace ? line : { ...line, ...trace };
}

/** What may be told of an error in a log: its name, message and SQLSTATE-like code, down the cause chain. Never its data. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let e = error; e instanceof Error && parts.length < 5; e = e.cause) {
    const { code } = e as { code?: unknown };
    const [message = ""] = e.message.split("\n", 1);
    if (typeof code !== "string") parts.push(`${e.name}: ${message}`);
    else parts.push(`${e.name} [${code}]: ${dataException.test(code) ? withoutValue(message) : message}`);
  }
  return parts.length > 0 ? parts.join(" <- ") : String(error);
}

/** The class of SQLSTATEs whose messages quote the value at fault: invalid input syntax for type uuid: "ada@…". */
const dataException = /^22[0-9A-Z]{3}$/;

const withoutValue = (message: string): string => message.replace(/".*/, "…");
