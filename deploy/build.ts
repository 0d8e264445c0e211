import { readFile, rm } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

/** What `dist/` holds: name of the file to the source it starts from. */
export const entryPoints = {
  limen: "deploy/image/limen.ts",
  users: "services/users/main.ts",
  auth: "services/auth/main.ts",
  gateway: "gateway/main.ts",
  ops: "deploy/ops/main.ts",
} as const;

/**
 * Bundles Limen's own code, each entry point into one file and what they share into chunks. Packages stay outside: one
 * copy of each (pg and MikroORM must share theirs), native modules and assets in place, and image scanners see them.
 * @returns paths of the files written, relative to `root`.
 * @throws when the code imports a package that production does not install.
 */
export async function bundle({ root, outdir }: { root: string; outdir: string }): Promise<string[]> {
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    bundle: true,
    splitting: true,
    packages: "external",
    plugins: [withoutFailpoints],
    platform: "node",
    target: "node26",
    format: "esm",
    chunkNames: "chunks/[hash]",
    metafile: true,
    logLevel: "silent",
  });
  const strangers = undeclaredPackages(metafile, await dependencies(root));
  if (strangers.length > 0) throw new Error(`imported, but not in "dependencies": ${strangers.join(", ")}`);
  return Object.keys(metafile.outputs).sort();
}

/** Takes out the lines in which the fault suite breaks a process; see services/platform/failpoints.ts. */
const withoutFailpoints: Plugin = {
  name: "without failpoints",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(/^( *(if \()?failpoints\?\.|import \{ failpoints \}).*;$/gm, ""),
      loader: "ts",
    }));
  },
};

async function dependencies(root: string): Promise<ReadonlySet<string>> {
  const manifest: { dependencies?: Record<string, string> } = JSON.parse(
    await readFile(join(root, "package.json"), "utf8"),
  );
  return new Set(Object.keys(manifest.dependencies ?? {}));
}

function undeclaredPackages(metafile: Metafile, declared: ReadonlySet<string>): string[] {
  const imported = Object.values(metafile.outputs)
    .flatMap((output) => output.imports)
    .filter(({ external, path }) => external === true && !isBuiltin(path))
    .map(({ path }) =>
      path
        .split("/")
        .slice(0, path.startsWith("@") ? 2 : 1)
        .join("/"),
    );
  return [...new Set(imported)].filter((name) => !declared.has(name)).sort();
}

if (import.meta.main) {
  const root = join(import.meta.dirname, "..");
  const written = await bundle({ root, outdir: join(root, "dist") });
  process.stdout.write(`${written.join("\n")}\n`);
}
