import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { createPauseGate } from "./pause-gate.ts";

describe("pause gate", () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    mock.method(Math, "random", () => 1);
  });
  afterEach(() => mock.reset());

  async function opensAfter(gate: ReturnType<typeof createPauseGate>, ms: number): Promise<void> {
    let open = false;
    const opened = gate.opened().then(() => {
      open = true;
    });
    mock.timers.tick(ms - 1);
    await settled();
    assert.equal(open, false);
    mock.timers.tick(1);
    await opened;
  }

  it("is open to begin with", () => createPauseGate(new AbortController().signal).opened());

  it("pauses for longer each time, up to 1.5 s, and briefly again after a success", async () => {
    const gate = createPauseGate(new AbortController().signal);
    for (const ms of [100, 200, 400, 800, 1_500, 1_500]) {
      gate.pause();
      await opensAfter(gate, ms);
    }
    gate.reset();
    gate.pause();
    await opensAfter(gate, 100);
  });

  it("takes many failures at once for one", async () => {
    const gate = createPauseGate(new AbortController().signal);
    for (let i = 0; i < 32; i += 1) gate.pause();
    await opensAfter(gate, 100);
  });

  it("lets everybody go when what they wait for has ended", async () => {
    const over = new AbortController();
    const gate = createPauseGate(over.signal);
    gate.pause();
    const opened = gate.opened();
    over.abort();
    await opened;
  });
});

const settled = () => new Promise((resolve) => setImmediate(resolve));
