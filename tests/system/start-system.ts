import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { freePort } from "../../deploy/local/ports.ts";
import { within } from "../../services/platform/timing.ts";
import { createClient } from "../support/client.ts";
import { suiteSettings } from "./settings.ts";
import type { System, SystemMail } from "./system.ts";

export interface StartedSystem extends System {
  /** The process that was started; with five processes, the launcher. */
  readonly process: ChildProcess;
  /** Everything it printed so far. */
  output(): string;
  /** The first line it printed that matches; waits for it. */
  printed(pattern: RegExp): Promise<string>;
  /** Ctrl-C, and the end. Resolves with the exit code. */
  stop(): Promise<number | null>;
}

const readyMs = 60_000;
const printMs = 15_000;

/**
 * Starts Limen as a user does, on free ports, and waits until it says that it is ready. Its mails are those at /dev/mailbox,
 * unless a mail server of the test's gets them.
 */
export async function startSystem(
  script: string,
  env: NodeJS.ProcessEnv,
  mailServer?: { readonly mails: readonly SystemMail[] },
): Promise<StartedSystem> {
  const [port, usersGrpc, usersHttp, authGrpc, authHttp, management] = await Promise.all(
    Array.from({ length: 6 }, freePort),
  );
  const environment = {
    ...process.env,
    ...suiteSettings,
    PORT: String(port),
    USERS_GRPC_PORT: String(usersGrpc),
    USERS_HTTP_PORT: String(usersHttp),
    AUTH_GRPC_PORT: String(authGrpc),
    AUTH_HTTP_PORT: String(authHttp),
    MANAGEMENT_PORT: String(management),
    ...env,
  };
  const child = spawn(process.execPath, ["--import", "tsx", script], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const lookouts = new Set<(line: string) => void>();
  const ready = new Promise<void>((done, reject) => {
    const seen = (line: string): void => {
      lines.push(line);
      for (const look of lookouts) look(line);
      if (line.startsWith("Limen is ready: ")) done();
    };
    createInterface({ input: child.stdout }).on("line", seen);
    createInterface({ input: child.stderr }).on("line", seen);
    child.once("exit", (code) => reject(new Error(`ended with ${code} before it was ready:\n${lines.join("\n")}`)));
    setTimeout(() => reject(new Error(`not ready after ${readyMs} ms:\n${lines.join("\n")}`)), readyMs).unref();
  });
  try {
    await ready;
  } catch (error) {
    // Its roles are processes of their own, which it stops.
    if (child.exitCode === null && child.kill("SIGINT")) await once(child, "exit");
    throw error;
  }
  const url = `http://127.0.0.1:${port}`;
  const client = createClient(url);
  return {
    url,
    process: child,
    env: environment,
    client,
    async mails() {
      if (mailServer !== undefined) return mailServer.mails;
      return (await client("GET", "/dev/mailbox", { headers: { accept: "application/json" } })).body;
    },
    ports: { usersGrpc, usersHttp, authGrpc, authHttp } as System["ports"],
    grpc: { origin: "http://127.0.0.1", flags: [], reflection: true },
    output: () => lines.join("\n"),
    async printed(pattern) {
      const { promise, resolve } = Promise.withResolvers<string>();
      const look = (line: string) => pattern.test(line) && resolve(line);
      lines.forEach(look);
      lookouts.add(look);
      try {
        return await within(printMs, `a line that matches ${pattern}`, promise);
      } finally {
        lookouts.delete(look);
      }
    },
    async ops(...args) {
      const command = ["--import", "tsx", "deploy/ops/main.ts", ...args];
      return (await promisify(execFile)(process.execPath, command, { env: environment })).stdout;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exit = once(child, "exit");
      child.kill("SIGINT");
      const [code] = await exit;
      return code;
    },
  };
}
