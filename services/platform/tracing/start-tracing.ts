import type { Log } from "../log.ts";
import { within } from "../timing.ts";
import { recordSpans } from "./spans.ts";
import type { TracingConfig } from "./tracing-config.ts";

export interface Tracing {
  /** Sends what it has, unless that takes long, and records no more. */
  stop(): Promise<void>;
}

const flushMs = 2_000;

/** Records this process's spans from now on, where it was told to. The library is loaded only then. */
export async function startTracing(deps: {
  readonly config: TracingConfig | undefined;
  readonly role: string;
  readonly log: Pick<Log, "warn">;
}): Promise<Tracing> {
  const { config, role, log } = deps;
  if (config === undefined) return { stop: async () => {} };
  const [{ createOtlpProvider }, { openTelemetrySpans }] = await Promise.all([
    import("./otlp-provider.ts"),
    import("./open-telemetry.ts"),
  ]);
  const provider = createOtlpProvider({ config, role, log });
  recordSpans(openTelemetrySpans(provider.getTracer("limen")));
  return {
    async stop() {
      recordSpans(undefined);
      try {
        await within(flushMs, "sending the last spans", provider.shutdown());
      } catch (error) {
        log.warn({ event: "spans_lost", error: String(error) }, "the last spans were not sent");
      }
    },
  };
}
