import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bundle, entryPoints } from "./build.ts";

const repository = join(import.meta.dirname, "..");

describe("the bundle", () => {
  it("holds one file per entry point and needs only what production installs", async () => {
    const scratch = await scratchDirectory();
    const written = await bundle({ root: repository, outdir: join(scratch, "dist") });
    const names = written.map((path) => path.split("/dist/")[1]);
    for (const name of Object.keys(entryPoints)) assert.ok(names.includes(`${name}.js`), `${name}.js is missing`);
  });

  it("has no place at which a fault could be injected", async () => {
    const scratch = await scratchDirectory();
    const written = await bundle({ root: repository, outdir: join(scratch, "dist") });
    for (const path of written) {
      assert.doesNotMatch(await readFile(join(repository, path), "utf8"), /failpoint|FAILPOINTS|after_confirm/, path);
    }
  });

  it("is refused when the code imports a package that only development installs", async () => {
    const root = await standIns();
    await writeFile(
      join(root, "gateway/main.ts"),
      'import "esbuild";\nimport "@scope/tool/deep";\nimport "fastify";\n',
    );
    await assert.rejects(bundle({ root, outdir: join(root, "dist") }), /"dependencies": @scope\/tool, esbuild$/);
  });

  it("leaves nothing of the previous one", async () => {
    const root = await standIns();
    await mkdir(join(root, "dist/chunks"), { recursive: true });
    await writeFile(join(root, "dist/chunks/old.js"), "");
    await bundle({ root, outdir: join(root, "dist") });
    await assert.rejects(readFile(join(root, "dist/chunks/old.js")), { code: "ENOENT" });
  });
});

describe("limen <role>", () => {
  let root: string;
  before(async () => {
    root = await standIns();
    await bundle({ root, outdir: join(root, "dist") });
  });

  const expected = {
    "users-api": ["services/users/main.ts", ["api"]],
    "users-worker": ["services/users/main.ts", ["worker"]],
    "auth-api": ["services/auth/main.ts", ["api"]],
    "auth-worker": ["services/auth/main.ts", ["worker"]],
    gateway: ["gateway/main.ts", []],
    migrate: ["deploy/ops/main.ts", ["migrate"]],
  };
  for (const [role, [source, args]] of Object.entries(expected)) {
    it(`becomes ${role}`, async () => {
      const { stdout } = await limen(root, [role]);
      assert.deepEqual(JSON.parse(stdout), { source, args, title: `limen ${role}` });
    });
  }

  it("hands further arguments on", async () => {
    const { stdout } = await limen(root, ["ops", "roles", "grant", "ada@example.com", "admin"]);
    assert.deepEqual(JSON.parse(stdout).args, ["roles", "grant", "ada@example.com", "admin"]);
  });

  for (const args of [[], ["toString"], ["users"]]) {
    it(`explains itself to [${args}]`, async () => {
      const { code, stderr } = await limen(root, args);
      assert.equal(code, 2);
      assert.match(stderr, /^usage: limen users-api\|users-worker\|auth-api\|auth-worker\|gateway\|migrate/);
    });
  }

  it("asks the management listener for its health", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(request.url === "/livez" ? 200 : 503).end("draining");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const env = { MANAGEMENT_PORT: String((server.address() as AddressInfo).port) };
    const alive = await limen(root, ["healthcheck", "livez"], env);
    const ready = await limen(root, ["healthcheck", "readyz"], env);
    await new Promise((resolve) => server.close(resolve));
    const gone = await limen(root, ["healthcheck"], env);
    assert.deepEqual([alive.code, ready.code, gone.code], [0, 1, 1]);
    assert.match(ready.stderr, /^readyz answered 503: draining$/m);
    assert.match(gone.stderr, /ECONNREFUSED/);
    assert.deepEqual(asked, ["/livez", "/readyz"]);
  });
});

const directories: string[] = [];
after(() => Promise.all(directories.map((path) => rm(path, { recursive: true }))));

async function scratchDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "limen-build-"));
  directories.push(path);
  return path;
}

/** A tree like the repository's whose mains tell how they were started. */
async function standIns(): Promise<string> {
  const root = await scratchDirectory();
  for (const source of Object.values(entryPoints)) {
    await mkdir(join(root, dirname(source)), { recursive: true });
    await writeFile(
      join(root, source),
      `console.log(JSON.stringify({ source: "${source}", args: process.argv.slice(2), title: process.title }));\n`,
    );
  }
  await cp(join(repository, "deploy/image"), join(root, "deploy/image"), { recursive: true });
  await cp(join(repository, "package.json"), join(root, "package.json"));
  await symlink(join(repository, "node_modules"), join(root, "node_modules"));
  return root;
}

function limen(root: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, ["dist/limen.js", ...args], { cwd: root, env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
