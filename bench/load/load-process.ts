import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Window } from "../measure.ts";
import type { LoopWindow } from "./loops.ts";
import type { Pattern, Work } from "./work.ts";

export type LoadWindow = Window & LoopWindow & { readonly driverSeconds: number };

/** A process of its own that makes calls: what it costs can be told apart from what it measures. */
export interface LoadProcess {
  readonly pid: number;
  /** @throws Error when a call fails. */
  run(pattern: Pattern): Promise<LoadWindow>;
  stop(): Promise<void>;
}

type Answer = { readonly result: unknown } | { readonly problem: string };

async function startLoad(work: Work, signal: AbortSignal): Promise<LoadProcess> {
  const child = fork(fileURLToPath(new URL("load-worker.ts", import.meta.url)), [], {
    // Node runs TypeScript that has only types to leave out; a loader would cost each of these processes half a second.
    execArgv: [],
    serialization: "advanced",
    env: { PATH: process.env.PATH, MALLOC_ARENA_MAX: "1", NODE_ENV: "production" },
  });
  const exit = once(child, "exit");

  async function order(message: { readonly work: Work } | { readonly pattern: Pattern }): Promise<unknown> {
    const answered = once(child, "message", { signal });
    // `once` rejects when the process cannot be started; when it ends, nothing more comes from it.
    const ended = exit.then(([code, killer]) => {
      throw new Error(`a load process ended with ${killer ?? `exit code ${code}`}`);
    });
    child.send(message);
    const [answer] = (await Promise.race([answered, ended])) as [Answer];
    if ("problem" in answer) throw new Error(answer.problem);
    return answer.result;
  }

  async function stop(): Promise<void> {
    if (child.connected) child.disconnect();
    await exit;
  }

  try {
    await order({ work });
  } catch (error) {
    await stop();
    throw error;
  }
  if (child.pid === undefined) throw new Error("a load process does not run");
  return {
    pid: child.pid,
    run: async (pattern) => (await order({ pattern })) as LoadWindow,
    stop,
  };
}

/** Several, by name, and their end, however it came to it. */
export async function withLoads<Name extends string, T>(
  works: Readonly<Record<Name, Work>>,
  signal: AbortSignal,
  use: (loads: Readonly<Record<Name, LoadProcess>>) => Promise<T>,
): Promise<T> {
  const loads = new Map<string, LoadProcess>();
  try {
    for (const [name, work] of Object.entries<Work>(works)) loads.set(name, await startLoad(work, signal));
    return await use(Object.fromEntries(loads) as Record<Name, LoadProcess>);
  } finally {
    await Promise.all([...loads.values()].map((load) => load.stop()));
  }
}
