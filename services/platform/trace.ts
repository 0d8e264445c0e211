import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "./random.ts";

/**
 * The W3C trace context of the work at hand. It is the one thing that travels beside the arguments: no rule depends on
 * it, and naming it in every port would drown what those are about.
 */
const current = new AsyncLocalStorage<string>();

export const currentTraceparent = (): string => current.getStore() ?? "";

export const withTraceparent = <T>(traceparent: string, work: () => T): T => current.run(traceparent, work);

const form = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The trace's id, by which the lines of a log that belong together are found; empty where there is none. */
export const traceIdOf = (traceparent: string): string => (form.test(traceparent) ? traceparent.slice(3, 35) : "");

/** The given trace context when it is well-formed (W3C Trace Context, section 3.2), else a new one. */
export function traceparentFrom(given: string | null | undefined): string {
  if (given != null && form.test(given)) return given;
  return `00-${randomHex(16)}-${randomHex(8)}-01`;
}

const randomHex = (bytes: number): string => randomBytes(bytes).toString("hex");
