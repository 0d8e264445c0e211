import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { cp, mkdir, readFile, rename, stat, symlink } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { promisify } from "node:util";
import { contextFilter } from "./build-context.ts";
import { parseDockerfile, parseEnv } from "./dockerfile.ts";

/** What a container of the image would find and be. */
export interface ImageDirectory {
  /** Where the image's WORKDIR is. */
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly user: number;
}

interface Stage {
  readonly root: string;
  workdir: string;
  readonly env: Record<string, string>;
  entrypoint: readonly string[];
  user: number;
}

/**
 * Follows a Dockerfile's own steps in a directory, where there is no container engine. `npm ci` takes what the repository
 * has installed by the same lockfile instead of the registry's; every other command is run.
 * @throws where a step is none that it knows how to follow.
 */
export async function assembleImage(repository: string, directory: string): Promise<ImageDirectory> {
  const instructions = parseDockerfile(await readFile(join(repository, "deploy/Dockerfile"), "utf8"));
  const reaches = contextFilter(await readFile(join(repository, ".dockerignore"), "utf8"));
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;

  for (const { name, text } of instructions) {
    if (name === "FROM") {
      const [base = "", , own = "last"] = text.split(" ");
      stage = await openStage(join(directory, own), stages.get(base));
      stages.set(own, stage);
    } else if (stage === undefined) {
      throw new Error(`${name} before FROM`);
    } else if (name === "WORKDIR") {
      stage.workdir = join(stage.root, text);
      await mkdir(stage.workdir, { recursive: true });
    } else if (name === "ENV") {
      const [variable, value] = parseEnv(text);
      stage.env[variable] = value;
    } else if (name === "COPY") {
      await copy(text, stage);
    } else if (name === "RUN") {
      await run(text.replaceAll(/--mount=\S+ /g, ""), stage);
    } else if (name === "USER") {
      stage.user = Number.parseInt(text, 10);
    } else if (name === "ENTRYPOINT") {
      stage.entrypoint = JSON.parse(text);
    } else if (!["LABEL", "HEALTHCHECK", "STOPSIGNAL"].includes(name)) {
      throw new Error(`${name}: not known how to follow`);
    }
  }
  if (stage === undefined) throw new Error("the Dockerfile is empty");
  return stage;

  async function copy(text: string, into: Stage): Promise<void> {
    const [, from, rest = ""] = /^(?:--from=(\S+) )?(.+)$/.exec(text) ?? [];
    const paths = rest.split(" ");
    const target = paths.pop() ?? "";
    for (const path of paths) {
      const destination = join(into.workdir, target, target.endsWith("/") ? basename(path) : "");
      if (from === undefined) {
        const filter = (file: string) => isOnTheWay(relative(repository, file), reaches);
        await cp(join(repository, path), destination, { recursive: true, filter });
      } else {
        // Moved: no stage is asked twice for the same.
        await rename(join(stages.get(from)?.root ?? from, path), destination);
      }
    }
  }

  async function run(command: string, into: Stage): Promise<void> {
    if (command === "npm ci --include=dev") {
      return await symlink(join(repository, "node_modules"), join(into.workdir, "node_modules"));
    }
    if (command === "npm ci --omit=dev") return await installForProduction(repository, into.workdir);
    const env = { ...process.env, ...into.env };
    await promisify(execFile)("sh", ["-c", command], { cwd: into.workdir, env });
  }
}

async function openStage(root: string, base: Stage | undefined): Promise<Stage> {
  await mkdir(root, { recursive: true });
  const workdir = join(root, relative(base?.root ?? root, base?.workdir ?? root));
  await mkdir(workdir, { recursive: true });
  return { root, workdir, env: { ...base?.env }, entrypoint: [], user: 0 };
}

/** Folders above a file that is sent are not themselves named by .dockerignore. */
const isOnTheWay = (path: string, reaches: (path: string) => boolean): boolean =>
  path === "" || reaches(path) || path === "deploy";

/** The packages that the lockfile does not mark as development's, out of those that are installed. */
async function installForProduction(repository: string, workdir: string): Promise<void> {
  const lockfile: { packages: Record<string, { dev?: boolean; optional?: boolean }> } = JSON.parse(
    await readFile(join(repository, "package-lock.json"), "utf8"),
  );
  for (const [path, { dev, optional }] of Object.entries(lockfile.packages)) {
    if (path === "" || dev === true) continue;
    const isInstalled = await stat(join(repository, path)).then(
      () => true,
      () => false,
    );
    // Those of other systems.
    if (!isInstalled && optional === true) continue;
    // Packages inside come with their own entries.
    const filter = (file: string) => !relative(join(repository, path), file).split("/").includes("node_modules");
    const options = { recursive: true, verbatimSymlinks: true, filter, mode: constants.COPYFILE_FICLONE };
    await cp(join(repository, path), join(workdir, path), options);
  }
}
