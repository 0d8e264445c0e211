import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import { ConfigError, parseConfig } from "../config.ts";
import { tracingConfig, tracingVariables } from "./tracing-config.ts";

const read = (env: NodeJS.ProcessEnv) => tracingConfig(parseConfig(z.object(tracingVariables), env));
const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

describe("the configuration of tracing", () => {
  it("is off unless there is somewhere to send spans to", () => {
    assert.equal(read({}), undefined);
    assert.equal(read({ OTEL_EXPORTER_OTLP_ENDPOINT: "", OTEL_TRACES_SAMPLER: "always_on" }), undefined);
    const standard = { sampler: "parentbased_always_on", samplerRatio: 1, exportDelayMs: 5_000 };
    assert.deepEqual(read(endpoint), standard);
    assert.deepEqual(read({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://collector/v1/traces" }), standard);
  });

  it("is off where the standard variables say so", () => {
    assert.equal(read({ ...endpoint, OTEL_SDK_DISABLED: "TRUE" }), undefined);
    assert.equal(read({ ...endpoint, OTEL_TRACES_EXPORTER: "none" }), undefined);
    assert.ok(read({ ...endpoint, OTEL_SDK_DISABLED: "false", OTEL_TRACES_EXPORTER: "otlp" }));
  });

  it("samples as the standard variables say, and names those that it does not understand", () => {
    const sampled = read({ ...endpoint, OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.1" });
    assert.deepEqual([sampled?.sampler, sampled?.samplerRatio], ["traceidratio", 0.1]);
    assert.throws(
      () =>
        read({
          OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318",
          OTEL_TRACES_SAMPLER: "some",
          OTEL_TRACES_SAMPLER_ARG: "2",
        }),
      (error: Error) =>
        error instanceof ConfigError &&
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER:", "OTEL_TRACES_SAMPLER_ARG"].every((name) =>
          error.message.includes(name),
        ),
    );
  });
});
