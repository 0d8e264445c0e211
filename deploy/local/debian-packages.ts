import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export function findInPath(name: string): string | undefined {
  const directories = (process.env.PATH ?? "").split(delimiter);
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

export const canInstallPackages = (): boolean => process.getuid?.() === 0 && findInPath("apt-get") !== undefined;

/** As root on Debian: without what the package only recommends, and without a service that it would start. */
export async function installPackage(name: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const aptGet = (...args: string[]) =>
    run("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=300", ...args], { env, maxBuffer: 2 ** 26 });
  await withoutServices(async () => {
    await aptGet("update");
    await aptGet("install", "-y", "--no-install-recommends", name);
  });
}

/** Debian asks this file before a package's script starts a service; 101 forbids it. */
async function withoutServices(work: () => Promise<void>): Promise<void> {
  const policy = "/usr/sbin/policy-rc.d";
  const isOurs = !existsSync(policy);
  if (isOurs) await writeFile(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await work();
  } finally {
    if (isOurs) await rm(policy);
  }
}
