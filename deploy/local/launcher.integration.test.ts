import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { createLauncher, type Role } from "./launcher.ts";

describe("launcher", () => {
  let directory: string;
  let reports: EventEmitter;
  let server: ReturnType<typeof createServer>;
  let lines: string[];
  const log = (line: string) => void lines.push(line);

  /** A role that tells this test its title and then does what `script` says. */
  async function fakeRole(script: string): Promise<Role> {
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const file = join(directory, "role.mjs");
    await writeFile(
      file,
      `const told = { title: process.title, pid: process.pid, args: process.argv.slice(2), launched: process.env.LIMEN_LAUNCHED };
       ${script}
       await fetch("http://127.0.0.1:${address.port}", { method: "POST", body: JSON.stringify(told) });
       setInterval(() => {}, 1_000);`,
    );
    return { name: "users-api", file, args: ["api"], env: { PATH: process.env.PATH } };
  }

  const nextReport = async () => (await once(reports, "report"))[0] as Record<string, unknown> & { pid: number };

  beforeEach(async () => {
    lines = [];
    directory = await mkdtemp(join(tmpdir(), "limen-launcher-"));
    reports = new EventEmitter();
    server = createServer(async (req, res) => {
      reports.emit("report", await new Response(req).json());
      res.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });

  it("starts a process with the role's title and arguments", async () => {
    const launcher = createLauncher({ log });
    launcher.start(await fakeRole(""));
    const { pid, ...report } = await nextReport();
    assert.deepEqual(report, { title: "limen users-api", args: ["api"], launched: "1" });
    assert.equal(pid, launcher.pidOf("users-api"));
    await launcher.stop("users-api");
  });

  it("starts another process whenever one ends, killed or not", async () => {
    const launcher = createLauncher({ log });
    launcher.start(await fakeRole("process.on('SIGUSR2', () => process.exit(0));"));
    const first = await nextReport();
    process.kill(first.pid, "SIGKILL");
    const second = await nextReport();
    process.kill(second.pid, "SIGUSR2");
    const third = await nextReport();
    assert.equal(new Set([first.pid, second.pid, third.pid]).size, 3);
    assert.match(lines[0] ?? "", /ended with SIGKILL/);
    assert.match(lines[1] ?? "", /ended with exit code 0/);
    await launcher.stop("users-api");
    assert.equal(lines.length, 2);
  });

  it("lets a role drain, and does not start it again", async () => {
    const launcher = createLauncher({ log });
    const drain = "process.once('SIGTERM', () => setTimeout(() => process.exit(0), 100));";
    launcher.start(await fakeRole(drain));
    const { pid } = await nextReport();
    await launcher.stop("users-api");
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    assert.deepEqual(lines, []);
  });

  it("kills a role that does not stop", async () => {
    const launcher = createLauncher({ log, stopMs: 50 });
    launcher.start(await fakeRole("process.on('SIGTERM', () => {});"));
    const { pid } = await nextReport();
    await launcher.stop("users-api");
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    assert.match(lines.join("\n"), /does not stop/);
  });
});
