import { DomainError } from "../errors.ts";

/** SQLSTATE classes and codes in which the server is away, going away or full: the caller should come back later. */
const unavailable = /^(08|53|57P0[1-5]|25P03|57014|55P03)/;
/** Node's and pg's words for a connection that could not be made or was lost. */
const network = /^(ECONN|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|EHOST|ENETUNREACH)/;
const lostConnection =
  /timeout exceeded when trying to connect|timeout expired|connection terminated|Connection ended|Query read timeout|not queryable|driver has already been destroyed/i;

/** Serialization failure and deadlock: the transaction did nothing and may simply run again. */
const repeatable = new Set(["40001", "40P01"]);

export const isRepeatable = (error: unknown): boolean => repeatable.has(sqlState(error) ?? "");

/** Runs a piece of database work; an outage becomes UNAVAILABLE, every other error passes through. */
export async function guardDatabase<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isOutage(error)) throw error;
    throw new DomainError("unavailable", "DEPENDENCY_UNAVAILABLE", "the database is not available", {
      cause: error,
      retryAfterMs: 1_000,
    });
  }
}

function isOutage(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (e instanceof DomainError) return false;
    const code = (e as { code?: unknown }).code;
    if (typeof code === "string" && (unavailable.test(code) || network.test(code))) return true;
    if (lostConnection.test(e.message)) return true;
    if (e instanceof AggregateError && e.errors.some(isOutage)) return true;
  }
  return false;
}

function sqlState(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    const code = (e as { code?: unknown }).code;
    if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}
