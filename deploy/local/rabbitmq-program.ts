import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { findInPath, installPackage } from "./debian-packages.ts";

const run = promisify(execFile);

/** Before /usr/sbin, whose script changes to the user `rabbitmq` and to that user's directories. */
const debianProgram = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/** The installed `rabbitmq-server`, if there is one. */
export function findRabbitMqProgram(): string | undefined {
  return existsSync(debianProgram) ? debianProgram : findInPath("rabbitmq-server");
}

export async function dockerAnswers(): Promise<boolean> {
  try {
    await run("docker", ["version", "--format", "{{.Server.Version}}"], { timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

/** Installs Debian's package. Returns the program. */
export async function installRabbitMq(log: (line: string) => void): Promise<string> {
  log("RabbitMQ is neither installed nor at AMQP_URL: installing the package rabbitmq-server (apt-get) …");
  await installPackage("rabbitmq-server");
  const program = findRabbitMqProgram();
  if (program === undefined)
    throw new Error("The package rabbitmq-server is installed but brought no rabbitmq-server.");
  return program;
}
