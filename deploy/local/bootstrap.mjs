// Plain JavaScript for any Node ≥ 20, because nothing is installed yet when it starts: it installs the dependencies when
// they are missing or the lock file changed, then runs a TypeScript file with the Node that the lock file names.
//   node deploy/local/bootstrap.mjs FILE [ARGUMENTS…]
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const modules = join(root, "node_modules");
const node = join(modules, "node/bin/node");
const stampFile = join(modules, ".limen-install");
const npmRecord = join(modules, ".package-lock.json");
const [file, ...args] = process.argv.slice(2);

if (file === undefined) {
  console.error("usage: node deploy/local/bootstrap.mjs FILE [ARGUMENTS…]");
  process.exit(2);
}
if (!isInstalled()) await withInstallLock(install);
run();

function isInstalled() {
  return existsSync(node) && (readIfExists(stampFile) === stamp() || adoptInstall());
}

function stamp() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  return `${lock} ${process.platform}-${process.arch}\n`;
}

/** A tree that somebody installed by hand counts as ours when npm's own record of it agrees with the lock file. */
function adoptInstall() {
  const record = readIfExists(npmRecord);
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  const locked = Object.entries(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages);
  const agrees = locked.every(
    ([path, entry]) => path === "" || (installed[path]?.version ?? (entry.optional && entry.version)) === entry.version,
  );
  if (agrees) writeFileSync(stampFile, stamp());
  return agrees;
}

async function install() {
  if (isInstalled()) return;
  console.log("Installing dependencies (npm ci) …");
  for (const claim of [stampFile, npmRecord]) rmSync(claim, { force: true });
  const options = ["--include=dev", "--include=optional", "--engine-strict=false", "--no-audit", "--no-fund"];
  const { code, output } = await npm(["ci", ...options]);
  if (code !== 0) fail(`${output}npm ci failed (exit code ${code}).`);
  if (!existsSync(node)) {
    fail(`${output}npm ci left no ${node}: are install scripts switched off (npm config get ignore-scripts)?`);
  }
  writeFileSync(stampFile, stamp());
}

/** Its output is kept back, warnings about the Node that merely installs among it, and shown when it fails. */
function npm(npmArgs) {
  return new Promise((done) => {
    const child = spawn("npm", npmArgs, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => done({ code: 127, output: `${error.message}\n` }));
    child.on("close", (code, signal) => done({ code: code ?? signal, output }));
  });
}

/** One installation at a time for a clone; npm empties node_modules, so the lock lives elsewhere. */
async function withInstallLock(work) {
  const lock = join(tmpdir(), `limen-install-${createHash("sha256").update(root).digest("hex").slice(0, 16)}.lock`);
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    for (let waiting = false; !take(mine, lock); waiting = true) {
      const owner = Number(readIfExists(lock));
      if (owner > 0 && !isAlive(owner)) {
        rmSync(lock, { force: true });
        continue;
      }
      if (!waiting) console.log(`Another command (process ${owner}) is installing the dependencies; waiting for it …`);
      await sleep(200);
    }
    try {
      await work();
    } finally {
      rmSync(lock, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** A hard link appears together with its content, so nobody ever reads a lock without its owner. */
function take(mine, lock) {
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/**
 * The child shares our process group, so a terminal's Ctrl-C reaches it without us; a signal sent to npm or to us alone
 * must be passed on. Which of both it was cannot be told apart: life-cycle.ts takes two signals within half a second for one.
 */
function run() {
  const path = [dirname(node), join(modules, ".bin"), process.env.PATH ?? ""].join(delimiter);
  const child = spawn(node, ["--import", "tsx", file, ...args], {
    cwd: root,
    stdio: "inherit",
    // argon2's threads otherwise keep about 76 MB of malloc arenas.
    env: { MALLOC_ARENA_MAX: "1", ...process.env, PATH: path },
  });
  const lastPassed = new Map();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      const now = Date.now();
      if (now - (lastPassed.get(signal) ?? 0) < 500) return;
      lastPassed.set(signal, now);
      child.kill(signal);
    });
  }
  child.on("error", (error) => fail(`${node} does not run: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

function readIfExists(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
