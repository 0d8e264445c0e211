import { symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "../..");

/**
 * The roles as the image holds them, each in one file beside the packages, but with their failpoints. A process that is
 * started a hundred times must not spend its time on reading TypeScript, and all of them run the same code whatever
 * happens to the sources meanwhile.
 * @returns the file of a role, by the source that it starts from.
 */
export async function bundleRoles(directory: string): Promise<(source: string) => string> {
  const entryPoints = ["services/users/main.ts", "services/auth/main.ts", "gateway/main.ts"];
  const outdir = join(directory, "roles");
  await build({
    absWorkingDir: root,
    entryPoints,
    outbase: root,
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node26",
    format: "esm",
    logLevel: "silent",
  });
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  return (source) => join(outdir, source.replace(/\.ts$/, ".mjs"));
}
