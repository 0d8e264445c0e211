import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { createLog } from "../log.ts";
import { traceIdOf } from "../trace.ts";
import { createRecordedSpans } from "../tracing/spans.fixture.ts";
import { recordSpans } from "../tracing/spans.ts";
import { createInProcessTransport } from "./in-process-transport.ts";
import { type Delivery, type Envelope, PermanentFailure, type Subscription } from "./message.ts";
import { observeMessages } from "./observed-transport.ts";

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const queue = "user_commands";

const command = (fields: Partial<Envelope> = {}): Envelope => ({
  id: "3ba67fa6-e8b9-4ffd-bf69-08f617d09412",
  type: "limen.users.v1.CreateUser",
  source: "auth",
  subject: "900abb72-eae8-4aed-b78c-aa7d46a8ae9e",
  time: new Date(),
  traceparent: parent,
  data: { email: "ada@example.com" },
  exchange: "limen.commands",
  routingKey: queue,
  mandatory: true,
  ...fields,
});

async function open(handling: Pick<Subscription, "handle"> & Partial<Subscription>) {
  const lines: Record<string, unknown>[] = [];
  const transport = observeMessages(createInProcessTransport({ log: createLog("silent", "test") }), {
    log: { info: (line: Record<string, unknown>) => void lines.push(line) },
  });
  await transport.subscribe({ queue, bindings: [{ exchange: "limen.commands", routingKey: queue }], ...handling });
  return { transport, lines };
}

describe("an observed transport", () => {
  afterEach(() => recordSpans(undefined));

  it("tells of each message that was consumed, and nothing of its body", async () => {
    const { transport, lines } = await open({ handle: async () => {} });
    const { id, type, subject } = command();
    await transport.publish([command()]);
    const [{ durationMs, ...line } = {}] = lines;
    assert.equal(typeof durationMs, "number");
    const traceId = traceIdOf(parent);
    assert.deepEqual(line, { event: "message_consumed", queue, messageId: id, type, subject, attempt: 1, traceId });
  });

  it("tells nothing of a message whose handling failed", async () => {
    const { transport, lines } = await open({ handle: () => Promise.reject(new Error("no")) });
    assert.deepEqual(await transport.publish([command()]), new Set());
    assert.deepEqual(lines, []);
  });

  it("changes nothing of a message that belongs to a trace, unless spans are recorded", async () => {
    const received: string[] = [];
    const { transport } = await open({ handle: async ({ traceparent }) => void received.push(traceparent) });
    await transport.publish([command()]);
    assert.deepEqual(received, [parent]);
  });

  it("begins a trace with a message that belongs to none", async () => {
    const received: string[] = [];
    const { transport, lines } = await open({ handle: async ({ traceparent }) => void received.push(traceparent) });
    await transport.publish([command({ traceparent: "" })]);
    assert.match(traceIdOf(received[0] ?? ""), /^[0-9a-f]{32}$/);
    assert.equal(lines[0]?.traceId, traceIdOf(received[0] ?? ""));
  });

  it("makes a span of the sending and one of the handling, each following from the one before", async () => {
    const spans = createRecordedSpans();
    recordSpans(spans);
    const received: string[] = [];
    const { transport } = await open({ handle: async ({ traceparent }) => void received.push(traceparent) });
    await transport.publish([command()]);
    const [sent, processed] = spans.recorded;
    assert.deepEqual(
      [sent, processed].map((span) => [span?.kind, span?.name, span?.parent, span?.outcome]),
      [
        ["producer", "send user_commands", parent, {}],
        ["consumer", "process user_commands", sent?.traceparent, {}],
      ],
    );
    assert.deepEqual(received, [processed?.traceparent]);
    assert.doesNotMatch(JSON.stringify(spans.recorded), /ada@example\.com/);
  });

  it("follows each message of a batch by itself", async () => {
    const spans = createRecordedSpans();
    recordSpans(spans);
    const received: string[] = [];
    const handle = async (deliveries: readonly Delivery[]) =>
      void received.push(...deliveries.map((one) => one.traceparent));
    const { type } = command();
    const { transport, lines } = await open({
      handle: () => Promise.reject(new Error("not alone")),
      batch: { type, size: 10, handle },
    });
    const ids = ["3ba67fa6-e8b9-4ffd-bf69-08f617d09412", "3ba67fa6-e8b9-4ffd-bf69-08f617d09413"];
    await transport.publish(ids.map((id) => command({ id })));
    const consumers = spans.recorded.filter(({ kind }) => kind === "consumer");
    assert.deepEqual(
      received,
      consumers.map(({ traceparent }) => traceparent),
    );
    assert.deepEqual(
      consumers.map(({ attributes = {} }) => attributes["messaging.message.id"]),
      ids,
    );
    assert.deepEqual(
      lines.map(({ messageId }) => messageId),
      ids,
    );
  });

  it("says why a message was not handled, and that it was not sent", async () => {
    const spans = createRecordedSpans();
    recordSpans(spans);
    const { transport } = await open({
      handle: () => Promise.reject(new Error("wrapped", { cause: new PermanentFailure("UNKNOWN_TYPE", "no") })),
    });
    await transport.publish([
      command(),
      command({ id: "900abb72-eae8-4aed-b78c-aa7d46a8ae9e", routingKey: "nowhere" }),
    ]);
    assert.deepEqual(
      spans.recorded.map(({ name, outcome }) => [name, outcome?.error]),
      [
        ["send user_commands", undefined],
        ["send nowhere", "NOT_CONFIRMED"],
        ["process user_commands", "UNKNOWN_TYPE"],
      ],
    );
  });

  it("does not begin a trace by sending", async () => {
    const spans = createRecordedSpans();
    recordSpans(spans);
    const { transport } = await open({ handle: async () => {} });
    await transport.publish([command({ traceparent: "" })]);
    assert.deepEqual(
      spans.recorded.map(({ kind }) => kind),
      ["consumer"],
    );
  });
});
