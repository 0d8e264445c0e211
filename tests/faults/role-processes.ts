import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** One process of Limen. */
export interface Instance {
  /** "auth-worker", or "auth-worker-2" for another one. */
  readonly name: string;
  /** Part of the process title, by which FAILPOINTS names it: "auth-worker" for both. */
  readonly role: string;
  /** JavaScript. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** What is started when it dies; the same again unless given. */
  readonly next?: Instance;
}

export interface Exit {
  readonly name: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Runs instances as an orchestrator would: one that dies is started again at once. */
export interface RoleProcesses {
  start(instance: Instance): void;
  /** Names of those that were started and not stopped. */
  running(): string[];
  /** `kill -9`. False when it is just being started again. */
  kill(name: string): boolean;
  /** SIGTERM, and no restart. Resolves with how long the exit took, in milliseconds. */
  stop(name: string): Promise<number>;
  /** Resolves when the instance next dies. */
  death(name: string): Promise<Exit>;
  /** How often an instance died of SIGKILL, by a failpoint or by `kill`. */
  kills(name: string): number;
  /** Ends that nobody wished: a bug, whatever fault was injected. */
  crashes(): readonly Exit[];
  stopAll(): Promise<void>;
}

interface Running {
  child: ChildProcess;
  isStopping: boolean;
}

const restartMs = 100;

export function createRoleProcesses({ output }: { readonly output: number }): RoleProcesses {
  const running = new Map<string, Running>();
  const kills = new Map<string, number>();
  const crashes: Exit[] = [];
  const deaths = new Map<string, PromiseWithResolvers<Exit>>();
  process.once("exit", () => {
    for (const { child } of running.values()) child.kill("SIGKILL");
  });

  function launch(instance: Instance): ChildProcess {
    const child = spawn(process.execPath, [`--title=limen ${instance.role}`, instance.file, ...instance.args], {
      env: { ...instance.env, LIMEN_LAUNCHED: "1" },
      stdio: ["ignore", output, output],
    });
    child.once("exit", (code, signal) => {
      const { name } = instance;
      const exit = { name, code, signal };
      const state = running.get(name);
      if (signal === "SIGKILL") kills.set(name, (kills.get(name) ?? 0) + 1);
      else if (state?.isStopping !== true || (code !== 0 && signal !== "SIGTERM")) crashes.push(exit);
      deaths.get(name)?.resolve(exit);
      deaths.delete(name);
      if (state === undefined || state.isStopping) return;
      // A process that cannot start must not keep both cores busy with trying.
      setTimeout(() => {
        if (!state.isStopping) state.child = launch(instance.next ?? instance);
      }, restartMs);
    });
    return child;
  }

  const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

  async function stop(name: string): Promise<number> {
    const state = running.get(name);
    if (state === undefined) return 0;
    state.isStopping = true;
    const begin = performance.now();
    if (!hasEnded(state.child)) {
      const exit = once(state.child, "exit");
      state.child.kill("SIGTERM");
      const late = setTimeout(() => state.child.kill("SIGKILL"), 30_000);
      await exit;
      clearTimeout(late);
    }
    running.delete(name);
    return performance.now() - begin;
  }

  return {
    start(instance) {
      if (running.has(instance.name)) throw new Error(`${instance.name} is running already`);
      running.set(instance.name, { child: launch(instance), isStopping: false });
    },
    running: () => [...running.keys()],
    kill: (name) => running.get(name)?.child.kill("SIGKILL") ?? false,
    stop,
    death(name) {
      const death = deaths.get(name) ?? Promise.withResolvers<Exit>();
      deaths.set(name, death);
      return death.promise;
    },
    kills: (name) => kills.get(name) ?? 0,
    crashes: () => crashes,
    async stopAll() {
      const inOrder = [/^gateway/, /-api/, /-worker/];
      for (const pattern of inOrder) {
        await Promise.all([...running.keys()].filter((name) => pattern.test(name)).map(stop));
      }
    },
  };
}
