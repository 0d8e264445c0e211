import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A process to run: `node --import tsx <file> <args>`, titled `limen <name>`. */
export interface Role {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface Launcher {
  /** Runs the role from now on: whenever its process ends, however it ends, another one is started at once. */
  start(role: Role): void;
  /** Process id of the role's current process. Undefined between two. */
  pidOf(name: string): number | undefined;
  /** Ends the role for good with SIGTERM; with SIGKILL when it has not ended in time. */
  stop(name: string): Promise<void>;
}

interface RunningRole {
  child: ChildProcess;
  isStopping: boolean;
}

/**
 * Keeps one process per role running. They share the launcher's process group, so a terminal's Ctrl-C reaches them too;
 * LIMEN_LAUNCHED=1 tells them to leave SIGINT to the launcher, who stops them in order with SIGTERM. No role outlives
 * a launcher that exits.
 */
export function createLauncher(deps: {
  readonly log: (line: string) => void;
  /** How long a role may drain, in milliseconds. */
  readonly stopMs?: number;
}): Launcher {
  const { log, stopMs = 25_000 } = deps;
  const running = new Map<string, RunningRole>();
  process.once("exit", () => {
    for (const { child } of running.values()) child.kill("SIGKILL");
  });

  function launch(role: Role): ChildProcess {
    const child = spawn(process.execPath, [`--title=limen ${role.name}`, "--import", "tsx", role.file, ...role.args], {
      env: { ...role.env, LIMEN_LAUNCHED: "1" },
      stdio: ["ignore", "inherit", "inherit"],
    });
    const startAgain = (reason: string) => {
      const state = running.get(role.name);
      if (state === undefined || state.isStopping) return;
      log(`limen ${role.name} ${reason}: starting it again`);
      state.child = launch(role);
    };
    child.once("exit", (code, signal) =>
      startAgain(`(process ${child.pid}) ended with ${signal ?? `exit code ${code}`}`),
    );
    child.on("error", (error) => {
      // Without a process there was no end of one, and the system that could not make it needs a moment.
      if (child.pid === undefined) setTimeout(startAgain, 100, `does not start (${error.message})`);
      else log(`limen ${role.name}: ${error.message}`);
    });
    return child;
  }

  return {
    start(role) {
      if (running.has(role.name)) throw new Error(`limen ${role.name} is running already`);
      running.set(role.name, { child: launch(role), isStopping: false });
    },
    pidOf: (name) => running.get(name)?.child.pid,
    async stop(name) {
      const state = running.get(name);
      if (state === undefined) return;
      state.isStopping = true;
      const { child } = state;
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        const exit = once(child, "exit");
        child.kill("SIGTERM");
        const late = setTimeout(() => {
          log(`limen ${name} does not stop within ${stopMs / 1_000} s: killing it`);
          child.kill("SIGKILL");
        }, stopMs);
        await exit;
        clearTimeout(late);
      }
      running.delete(name);
    },
  };
}
