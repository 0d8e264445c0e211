import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ComposeFile, ComposeService } from "./compose.ts";

/** A place in a container, and what is there: a file or folder beside the Compose file, a volume, or an inline config. */
interface Mount {
  readonly target: string;
  /** Undefined for what Compose makes itself. */
  readonly source: string | undefined;
}

/**
 * What is mounted exists, and what a command names is mounted.
 * @param folder of the Compose file, from which its paths are
 */
export function* mountProblems({ services, volumes, configs }: ComposeFile, folder: string): Generator<string> {
  for (const [name, service] of Object.entries(services)) {
    for (const [source = ""] of service.volumes?.map((volume) => volume.split(":")) ?? []) {
      const isThere = source.startsWith(".") ? existsSync(join(folder, source)) : source in volumes;
      if (!isThere) yield `${name}: mounts ${source}, which is not there`;
    }
    for (const { source } of service.configs ?? []) {
      if (!(source in configs)) yield `${name}: mounts the config ${source}, which is not there`;
    }
    const mounts = mountsOf(service);
    for (const [, path = ""] of service.command?.join(" ").matchAll(/=(\/\S+)/g) ?? []) {
      if (!isMounted(path, mounts, folder)) yield `${name}: is told of ${path}, where nothing is`;
    }
  }
}

function mountsOf({ volumes = [], configs = [] }: ComposeService): Mount[] {
  return [
    ...volumes.map((volume) => {
      const [source = "", target = ""] = volume.split(":");
      return { target, source: source.startsWith(".") ? source : undefined };
    }),
    ...configs.map(({ target }) => ({ target, source: undefined })),
  ];
}

function isMounted(path: string, mounts: readonly Mount[], folder: string): boolean {
  const mount = mounts.find(({ target }) => path === target || path.startsWith(`${target}/`));
  if (mount === undefined) return false;
  return mount.source === undefined || existsSync(join(folder, mount.source, path.slice(mount.target.length)));
}
