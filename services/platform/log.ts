import { destination, type Logger, pino } from "pino";

/** Events with allow-listed fields: `log.info({ event: "registration_completed", registrationId }, "…")`. */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error"> & {
  child(fields: Record<string, unknown>): Log;
};

/** One JSON line per event on standard output. */
export function createLog(level: string, role: string): Log {
  return pino(
    {
      level,
      base: { role },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ fd: 1, sync: true }),
  );
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
