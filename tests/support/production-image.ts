import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { environmentOf, parseCompose } from "../../deploy/checks/compose.ts";
import { assembleImage } from "../../deploy/checks/image-directory.ts";

const repository = resolve(import.meta.dirname, "../..");

/** A running container, as far as there can be one without an engine. */
export interface Container {
  readonly name: string;
  readonly pid: number;
  /** What it wrote to its standard output and error so far. */
  output(): string;
  /** SIGTERM. Resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface ProductionImage {
  readonly workdir: string;
  /** `docker run limen …`, to its end. Resolves with what it printed. */
  run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string>;
  start(role: string, env: Readonly<Record<string, string>>): Container;
  remove(): Promise<void>;
}

/**
 * The image's own steps followed in a directory, and its roles run from there as a container would run them: with the
 * image's Node.js, entry point and environment, nothing of ours; as the image's user, where root may change to it; and among
 * files and folders that nobody may write to.
 */
export async function buildProductionImage(): Promise<ProductionImage> {
  const directory = await mkdtemp(join(tmpdir(), "limen-image-"));
  const image = await assembleImage(repository, directory);
  // The base image's, which its user can reach wherever ours is.
  const node = join(directory, "node");
  await cp(process.execPath, node);
  await chmod(directory, 0o755);
  await chmod(node, 0o755);
  const entries = await readdir(image.workdir, { recursive: true, withFileTypes: true });
  const pathOf = ({ parentPath, name }: (typeof entries)[number]) => join(parentPath, name);
  const folders = [image.workdir, ...entries.filter((entry) => entry.isDirectory()).map(pathOf)];
  const files = entries.filter((entry) => entry.isFile()).map(pathOf);
  await Promise.all([...folders, ...files].map(async (path) => chmod(path, (await stat(path)).mode & ~0o222)));

  const [program, ...entry] = image.entrypoint;
  if (program !== "node") throw new Error(`the entry point is ${program}, not node`);
  const identity = process.getuid?.() === 0 ? { uid: image.user, gid: image.user } : {};
  const options = (env: Readonly<Record<string, string>>) => ({
    cwd: image.workdir,
    env: { ...image.env, ...env },
    ...identity,
  });

  return {
    workdir: image.workdir,
    async run(args, env) {
      return (await promisify(execFile)(node, [...entry, ...args], options(env))).stdout;
    },
    start(role, env) {
      const child = spawn(node, [...entry, role], { ...options(env), stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk) => {
          output += chunk;
        });
      }
      return {
        name: role,
        pid: child.pid ?? 0,
        output: () => output,
        async stop() {
          if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
          child.kill("SIGTERM");
          const late = setTimeout(() => child.kill("SIGKILL"), 30_000);
          const [code] = await once(child, "exit");
          clearTimeout(late);
          return code;
        },
      };
    },
    async remove() {
      for (const folder of folders) await chmod(folder, 0o755);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** deploy/compose.yaml's containers as Compose would set them up. */
export async function composeSettings() {
  const compose = parseCompose(await readFile(join(repository, "deploy/compose.yaml"), "utf8"));
  return {
    configs: compose.configs,
    /** @param overrides where this machine is not Compose's network */
    environment(name: string, answers: Readonly<Record<string, string>>, overrides: Readonly<Record<string, string>>) {
      return Object.fromEntries([
        ...environmentOf(compose.services[name] ?? {}, answers, {}),
        ...Object.entries(overrides),
      ]);
    },
  };
}
