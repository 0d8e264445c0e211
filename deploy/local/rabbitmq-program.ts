import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Before /usr/sbin, whose script changes to the user `rabbitmq` and to that user's directories. */
const debianProgram = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/** The installed `rabbitmq-server`, if there is one. */
export function findRabbitMqProgram(): string | undefined {
  return existsSync(debianProgram) ? debianProgram : findInPath("rabbitmq-server");
}

export function findInPath(name: string): string | undefined {
  const directories = (process.env.PATH ?? "").split(delimiter);
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

export async function dockerAnswers(): Promise<boolean> {
  try {
    await run("docker", ["version", "--format", "{{.Server.Version}}"], { timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

export const canInstallPackages = (): boolean => process.getuid?.() === 0 && findInPath("apt-get") !== undefined;

/** Installs Debian's package, without the service that it would start. Returns the program. */
export async function installRabbitMq(log: (line: string) => void): Promise<string> {
  log("RabbitMQ is neither installed nor at AMQP_URL: installing the package rabbitmq-server (apt-get) …");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await withoutServices(async () => {
    await run("apt-get", ["update", "-q"], { env, maxBuffer: 2 ** 26 });
    const options = ["install", "-y", "-q", "--no-install-recommends", "rabbitmq-server"];
    await run("apt-get", options, { env, maxBuffer: 2 ** 26 });
  });
  const program = findRabbitMqProgram();
  if (program === undefined)
    throw new Error("The package rabbitmq-server is installed but brought no rabbitmq-server.");
  return program;
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
