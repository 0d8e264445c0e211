import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import {
  ConfigError,
  duration,
  durations,
  environment,
  parseConfig,
  port,
  realBroker,
  secretOf,
  serviceCredentials,
  strongSecrets,
} from "./config.ts";

/** The variables that are complained about, in order; the message is the whole of what a person gets to see. */
function problemsOf(read: () => unknown): { variables: string[]; message: string } {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    const lines = error.message.matchAll(/^ {2}(\S+): ./gm);
    return { variables: Array.from(lines, ([, variable]) => variable ?? ""), message: error.message };
  }
  return assert.fail("the configuration was accepted");
}

describe("parseConfig", () => {
  const schema = z.object({
    PORT: port(8_080),
    HOST: z.string().default("0.0.0.0"),
    URL: z.url(),
    WAIT: duration("2s"),
  });

  it("fills in what is unset, and takes an empty variable for unset", () => {
    const config = parseConfig(schema, { URL: "http://limen.test", HOST: "", WAIT: "", PORT: undefined });
    assert.deepEqual(config, { PORT: 8_080, HOST: "0.0.0.0", URL: "http://limen.test", WAIT: 2_000 });
  });

  it("tells every problem at once", () => {
    const { variables } = problemsOf(() => parseConfig(schema, { PORT: "70000", WAIT: "soon" }));
    assert.deepEqual(variables.toSorted(), ["PORT", "URL", "WAIT"]);
  });

  it("never prints a value, which may be a secret", () => {
    const env = { PORT: "hunter2", WAIT: "hunter2", URL: "hunter2" };
    assert.doesNotMatch(problemsOf(() => parseConfig(schema, env)).message, /hunter2/);
  });

  it("overlooks variables that it does not know", () => {
    assert.equal(parseConfig(schema, { URL: "http://limen.test", PATH: "/bin" }).PORT, 8_080);
  });
});

describe("port", () => {
  it("is a whole number that a listener can have; 0 asks for a free one", () => {
    for (const text of ["0", "65535"]) assert.equal(port(1).parse(text), Number(text));
    for (const text of ["-1", "65536", "80.5", "http"]) assert.equal(port(1).safeParse(text).success, false, text);
  });
});

describe("duration", () => {
  it("has a unit and is read in milliseconds", () => {
    const written = ["250ms", "5s", "10m", "24h", "30d", "0s"];
    assert.deepEqual(
      written.map((text) => duration("1s").parse(text)),
      [250, 5_000, 600_000, 86_400_000, 2_592_000_000, 0],
    );
    for (const text of ["5", "5 s", "-5s", "1.5s", "5w", "s", "5s5"]) {
      assert.equal(duration("1s").safeParse(text).success, false, text);
    }
  });
});

describe("durations", () => {
  it("are several, with or without spaces", () => {
    assert.deepEqual(durations("1s").parse("250ms, 2s,1m"), [250, 2_000, 60_000]);
    assert.deepEqual(durations("1s,2s").parse(undefined), [1_000, 2_000]);
  });

  it("are named when one of them cannot be read", () => {
    for (const DELAYS of ["5s,soon", "5s,,15s", "5", ","]) {
      const { variables } = problemsOf(() => parseConfig(z.object({ DELAYS: durations("1s") }), { DELAYS }));
      assert.match(variables[0] ?? "", /^DELAYS\.\d:?$/, DELAYS);
    }
  });
});

describe("service credentials", () => {
  it("name the secret of each service", () => {
    const credentials = serviceCredentials.parse("gateway=one, users=a=b=c==,");
    assert.deepEqual(credentials, [
      ["gateway", "one"],
      ["users", "a=b=c=="],
    ]);
    assert.deepEqual(serviceCredentials.parse(undefined), []);
  });

  it("name several while one is replaced: the first is shown", () => {
    const credentials = serviceCredentials.parse("gateway=one,users=other,gateway=two");
    assert.equal(secretOf("gateway", credentials), "one");
    assert.equal(secretOf("users", credentials), "other");
    assert.equal(secretOf("auth", credentials), undefined);
  });

  it("are refused when one is malformed, without being shown", () => {
    for (const text of ["hunter2", "gateway=", "=hunter2", "Gateway=hunter2", "gateway=hun ter2"]) {
      const { message } = problemsOf(() => parseConfig(z.object({ SERVICES: serviceCredentials }), { SERVICES: text }));
      assert.match(message, /^ {2}SERVICES: must look like name=secret,name=secret$/m, text);
      assert.doesNotMatch(message, /hunter2|ter2/, text);
    }
  });
});

describe("production rules", () => {
  const schema = z.object({
    NODE_ENV: environment,
    BROKER: z.string().optional(),
    SERVICE_CREDENTIALS: serviceCredentials,
    PORT: port(8_080),
  });
  const production = { BROKER: realBroker, SERVICE_CREDENTIALS: strongSecrets };
  const parse = (env: NodeJS.ProcessEnv) => parseConfig(schema, env, { production });
  const strong = { BROKER: "amqps://limen:secret@mq", SERVICE_CREDENTIALS: `gateway=${"s".repeat(32)}` };

  it("say nothing elsewhere", () => {
    for (const NODE_ENV of [undefined, "development", "test"]) parse({ NODE_ENV });
  });

  it("accept a configuration of which nothing is a default", () => {
    assert.equal(parse({ ...strong, NODE_ENV: "production" }).BROKER, strong.BROKER);
  });

  it("security 31: refuse a broker by default, its guest, no secrets and short ones, all at once", () => {
    const production = { NODE_ENV: "production" };
    const refused = (env: NodeJS.ProcessEnv) => problemsOf(() => parse({ ...production, ...env }));
    assert.deepEqual(refused({}).variables, ["BROKER", "SERVICE_CREDENTIALS"]);
    assert.deepEqual(refused({ ...strong, BROKER: "amqp://guest:hunter2@mq" }).variables, ["BROKER"]);
    assert.deepEqual(refused({ PORT: "none" }).variables.toSorted(), ["BROKER", "PORT", "SERVICE_CREDENTIALS"]);
    const SERVICE_CREDENTIALS = `gateway=${"s".repeat(31)},users=${"u".repeat(32)},billing=hunter2`;
    const { variables, message } = refused({ ...strong, SERVICE_CREDENTIALS });
    assert.deepEqual(variables, ["SERVICE_CREDENTIALS"]);
    assert.match(message, /secret of gateway, billing/);
    assert.doesNotMatch(message, /hunter2|sss|uuu/);
  });

  it("know no other environment than their three", () => {
    assert.deepEqual(problemsOf(() => parse({ NODE_ENV: "prod" })).variables, ["NODE_ENV"]);
  });
});
