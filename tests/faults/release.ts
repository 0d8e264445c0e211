import { execFile } from "node:child_process";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { prepareDatabase } from "../../deploy/ops/migrate.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

/** One state of Limen's code, ready to run. */
export interface Release {
  /** The JavaScript of a role, by the source that it starts from. */
  fileOf(source: string): string;
  /** Brings a database to this release's schema. */
  readonly prepareDatabase: typeof prepareDatabase;
}

/** The code as it stands. */
export const openThisRelease = async (directory: string): Promise<Release> => ({
  fileOf: await bundleRoles(root, join(directory, "this-release")),
  prepareDatabase,
});

/**
 * The code of the commit that deploy/previous-release names, which may still run beside this one's; with the packages that its lock file names.
 * @throws Error when the repository holds no such commit: a shallow clone has too little of its history.
 */
export async function openPreviousRelease(directory: string): Promise<Release> {
  const sources = join(directory, "previous-release");
  const commit = (await readFile(join(root, "deploy/previous-release"), "utf8")).trim();
  await mkdir(sources);
  const archive = `${sources}.tar`;
  try {
    await run("git", ["-C", root, "archive", "--output", archive, commit]);
  } catch (cause) {
    throw new Error(`Commit ${commit} (deploy/previous-release) is needed: git fetch --unshallow`, { cause });
  }
  await run("tar", ["-xf", archive, "-C", sources]);
  await run("npm", ["ci", "--omit=dev", "--no-audit", "--no-fund"], { cwd: sources, maxBuffer: 2 ** 26 });
  const migrations: { prepareDatabase: typeof prepareDatabase } = await import(join(sources, "deploy/ops/migrate.ts"));
  return {
    fileOf: await bundleRoles(sources, join(directory, "previous-roles")),
    prepareDatabase: migrations.prepareDatabase,
  };
}

/**
 * The roles as the image holds them, each in one file beside the packages, but with their failpoints. A process that is
 * started a hundred times must not spend its time on reading TypeScript, and all of them run the same code whatever
 * happens to the sources meanwhile.
 */
async function bundleRoles(sources: string, directory: string): Promise<(source: string) => string> {
  const entryPoints = ["services/users/main.ts", "services/auth/main.ts", "gateway/main.ts"];
  const outdir = join(directory, "roles");
  await build({
    absWorkingDir: sources,
    entryPoints,
    outbase: sources,
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node26",
    format: "esm",
    logLevel: "silent",
  });
  await symlink(join(sources, "node_modules"), join(directory, "node_modules"));
  return (source) => join(outdir, source.replace(/\.ts$/, ".mjs"));
}
