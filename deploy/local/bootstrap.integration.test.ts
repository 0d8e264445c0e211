import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, it } from "node:test";

const installing = "Installing dependencies (npm ci) …\n";

describe("bootstrap", () => {
  let clone: string;

  /** A clone with nothing installed, and an npm that takes its time and installs this clone's Node and tsx. */
  beforeEach(async () => {
    clone = await mkdtemp(join(tmpdir(), "limen-bootstrap-"));
    await mkdir(join(clone, "deploy/local"), { recursive: true });
    await mkdir(join(clone, "bin"));
    await copyFile(join(import.meta.dirname, "bootstrap.mjs"), join(clone, "deploy/local/bootstrap.mjs"));
    await writeFile(join(clone, "package.json"), '{"type":"module"}');
    await lockVersion("1.0.0");
    const tsx = resolve(import.meta.dirname, "../../node_modules/tsx");
    await writeFile(
      join(clone, "bin/npm"),
      `#!/bin/sh
       echo "$@" >> npm-calls
       echo "npm warn EBADENGINE whatever"
       test -e npm-fails && { echo "npm error E404"; exit 7; }
       rm -rf node_modules; mkdir -p node_modules/node/bin
       sleep 0.3
       ln -s '${process.execPath}' node_modules/node/bin/node
       ln -s '${tsx}' node_modules/tsx\n`,
      { mode: 0o755 },
    );
    await script("console.log('ran', ...process.argv.slice(2));");
  });
  afterEach(() => rm(clone, { recursive: true }));

  const lockVersion = (version: string) =>
    writeFile(
      join(clone, "package-lock.json"),
      JSON.stringify({ packages: { "": {}, "node_modules/a": { version } } }),
    );
  const script = (source: string) =>
    writeFile(join(clone, "script.ts"), `const argv: string[] = process.argv;\n${source}`);
  const npmCalls = async () => (await readFile(join(clone, "npm-calls"), "utf8")).trim().split("\n").length;

  function start(...args: string[]) {
    const env = { ...process.env, PATH: [join(clone, "bin"), process.env.PATH].join(delimiter), LIMEN_MARK: "kept" };
    return spawn(process.execPath, ["deploy/local/bootstrap.mjs", ...args], {
      cwd: clone,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async function run(...args: string[]) {
    const child = start(...args);
    const [stdout, stderr, [code, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "exit"),
    ]);
    return { stdout, stderr, code: code ?? signal };
  }

  it("installs what is missing in one line, once", async () => {
    assert.deepEqual(await run("script.ts", "a b"), { stdout: `${installing}ran a b\n`, stderr: "", code: 0 });
    assert.equal((await run("script.ts", "again")).stdout, "ran again\n");
    assert.equal(await npmCalls(), 1);
  });

  it("installs again when the lock file changed", async () => {
    await run("script.ts");
    await lockVersion("1.0.1");
    assert.equal((await run("script.ts")).stdout, `${installing}ran\n`);
  });

  it("takes over what somebody installed by hand", async () => {
    await run("script.ts");
    await lockVersion("1.0.1");
    const record = JSON.stringify({ packages: { "node_modules/a": { version: "1.0.1" } } });
    await writeFile(join(clone, "node_modules/.package-lock.json"), record);
    assert.equal((await run("script.ts")).stdout, "ran\n");
    assert.equal(await npmCalls(), 1);
  });

  it("installs once for two commands at once", async () => {
    const outcomes = await Promise.all([run("script.ts", "one"), run("script.ts", "two")]);
    assert.deepEqual(
      outcomes.map(({ code }) => code),
      [0, 0],
    );
    assert.match(outcomes.map(({ stdout }) => stdout).join(""), /Another command \(process \d+\) is installing/);
    assert.equal(await npmCalls(), 1);
  });

  it("shows what npm said when it fails, and tries again the next time", async () => {
    await writeFile(join(clone, "npm-fails"), "");
    const { stderr, code } = await run("script.ts");
    assert.equal(code, 1);
    assert.match(stderr, /E404\nnpm ci failed \(exit code 7\)/);
    await rm(join(clone, "npm-fails"));
    assert.equal((await run("script.ts")).stdout, `${installing}ran\n`);
  });

  it("passes on environment and exit code, and keeps malloc small", async () => {
    await script("console.log(process.env.LIMEN_MARK, process.env.MALLOC_ARENA_MAX); process.exitCode = 3;");
    const { stdout, code } = await run("script.ts");
    assert.deepEqual([stdout, code], [`${installing}kept 1\n`, 3]);
  });

  it("passes a signal on once and waits for the end", async () => {
    await script(`
      let count = 0;
      process.on("SIGTERM", () => {
        count++;
        setTimeout(() => { console.log("drained", count); process.exit(0); }, 200);
      });
      console.log("up");
      setInterval(() => {}, 1_000);`);
    const child = start("script.ts");
    let stdout = "";
    const up = new Promise<void>((resolve) => {
      child.stdout.on("data", (chunk) => {
        stdout += chunk;
        if (stdout.includes("up\n")) resolve();
      });
    });
    await up;
    child.kill("SIGTERM");
    child.kill("SIGTERM");
    const [code] = await once(child, "close");
    assert.equal(code, 0);
    assert.equal(stdout, `${installing}up\ndrained 1\n`);
  });
});
