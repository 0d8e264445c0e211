import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A bare server in a process of its own. */
export interface LimitProcess {
  readonly port: number;
  /** "127.0.0.1" and the port. */
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a file beside this one, e.g. "echo-server.ts", and waits until it listens. */
export async function startLimitProcess(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<LimitProcess> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [...args], {
    execArgv: [],
    env: { PATH: process.env.PATH, NODE_ENV: "production", ...env },
  });
  const exit = once(child, "exit");
  const ended = exit.then(([code, signal]) => {
    throw new Error(`${file} ended with ${signal ?? `exit code ${code}`} before it listened`);
  });
  const [told] = await Promise.race([once(child, "message"), ended]);
  if (child.pid === undefined) throw new Error(`${file} does not run`);
  const { port } = told as { port: number };
  return {
    port,
    address: `127.0.0.1:${port}`,
    pid: child.pid,
    async stop() {
      if (child.connected) child.disconnect();
      await exit;
    },
  };
}
