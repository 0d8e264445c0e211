import { z } from "zod";

const endpoint = z.url({ protocol: /^https?$/ }).optional();

/**
 * The standard variables of OpenTelemetry (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/)
 * that decide here; OTEL_EXPORTER_OTLP_*, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES the library reads itself.
 */
export const tracingVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
  OTEL_SDK_DISABLED: z.string().default("false"),
  OTEL_TRACES_EXPORTER: z.enum(["otlp", "none"]).default("otlp"),
  OTEL_TRACES_SAMPLER: z
    .enum([
      "always_on",
      "always_off",
      "traceidratio",
      "parentbased_always_on",
      "parentbased_always_off",
      "parentbased_traceidratio",
    ])
    .default("parentbased_always_on"),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  OTEL_BSP_SCHEDULE_DELAY: z.coerce.number().int().min(1).default(5_000),
};

type Values = z.output<z.ZodObject<typeof tracingVariables>>;

export interface TracingConfig {
  readonly sampler: Values["OTEL_TRACES_SAMPLER"];
  /** The share of traces that `traceidratio` keeps, from 0 to 1. */
  readonly samplerRatio: number;
  /** Spans wait so long for others to be sent with. */
  readonly exportDelayMs: number;
}

/** Undefined unless there is somewhere to send spans to, and nothing says not to. */
export function tracingConfig(values: Values): TracingConfig | undefined {
  const target = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? values.OTEL_EXPORTER_OTLP_ENDPOINT;
  const isOff = values.OTEL_SDK_DISABLED.toLowerCase() === "true" || values.OTEL_TRACES_EXPORTER === "none";
  if (target === undefined || isOff) return undefined;
  return {
    sampler: values.OTEL_TRACES_SAMPLER,
    samplerRatio: values.OTEL_TRACES_SAMPLER_ARG,
    exportDelayMs: values.OTEL_BSP_SCHEDULE_DELAY,
  };
}
