import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";

describe("life cycle", () => {
  /** Runs a body in a process of its own; `act` gets hold of it once it printed "up". */
  async function run(
    body: string,
    act: (kill: (signal: NodeJS.Signals) => void) => void | Promise<void> = () => undefined,
  ) {
    const source = `
      import { runLifeCycle } from ${JSON.stringify(import.meta.resolve("./life-cycle.ts"))};
      const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      const stop = (name, ms = 0) => async () => { await pause(ms); console.log("stopped " + name); };
      await runLifeCycle(async (life) => { ${body} });`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", source], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    child.stdout.on("data", (chunk) => {
      const wasUp = stdout.includes("up\n");
      stdout += chunk;
      if (!wasUp && stdout.includes("up\n")) void act((signal) => child.kill(signal));
    });
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
    return { stdout, stderr, code };
  }

  const started = 'life.defer("one", stop("one")); life.defer("two", stop("two")); console.log("up");';

  it("stops what it started in reverse order after a signal", async () => {
    const outcome = await run(`${started} await life.stopRequested(); console.log("asked"); return 0;`, (kill) =>
      kill("SIGINT"),
    );
    assert.deepEqual(outcome, { stdout: "up\nasked\nstopped two\nstopped one\n", stderr: "", code: 0 });
  });

  it("stops after a failure and says why", async () => {
    const outcome = await run(`${started} throw new Error("port taken");`);
    assert.deepEqual(outcome, { stdout: "up\nstopped two\nstopped one\n", stderr: "port taken\n", code: 1 });
  });

  it("goes no further in a start-up that a signal interrupts", async () => {
    const body = `${started} await pause(300); life.defer("three", stop("three")); console.log("not here"); return 0;`;
    const outcome = await run(body, (kill) => kill("SIGTERM"));
    assert.deepEqual(outcome, { stdout: "up\nstopped three\nstopped two\nstopped one\n", stderr: "", code: 0 });
  });

  it("takes two signals in a moment for one, and a later one for impatience", async () => {
    const slow = 'life.defer("slow", stop("slow", 700)); console.log("up"); await life.stopRequested(); return 0;';
    const twice = await run(slow, (kill) => {
      kill("SIGINT");
      setTimeout(kill, 100, "SIGINT");
    });
    assert.equal(twice.stdout, "up\nstopped slow\n");
    const impatient = await run(slow.replace("700", "60_000"), (kill) => {
      kill("SIGINT");
      setTimeout(kill, 650, "SIGINT");
    });
    assert.deepEqual([impatient.stdout, impatient.code], ["up\n", 130]);
  });

  it("keeps stopping when one part fails to", async () => {
    const failing =
      'life.defer("one", stop("one")); life.defer("two", async () => { throw new Error("stuck"); }); return 0;';
    const outcome = await run(failing);
    assert.deepEqual(outcome, { stdout: "stopped one\n", stderr: "Stopping two failed: stuck\n", code: 1 });
  });
});
