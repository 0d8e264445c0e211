import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { waitUntilReady } from "../deploy/local/readiness.ts";
import type { PlannedRole } from "../deploy/local/role-plan.ts";

export interface RoleProcesses {
  pidOf(name: string): number;
  /** Ends it in good order, starts it again. Resolves with the time from its start until it is ready, in milliseconds. */
  restart(name: string): Promise<number>;
  stop(): Promise<void>;
}

/** Short against the time that is measured with it. */
const pollMs = 5;

/**
 * Roles as the image runs them, `node limen.js <role>`. Their log goes to a file: writing it is part of the work, reading it
 * is not. One that dies is not started again, so that whatever is measured then fails.
 */
export async function startRoleProcesses(
  plan: readonly PlannedRole[],
  deps: {
    /** For Node itself. */
    readonly flags: readonly string[];
    readonly programs: string;
    readonly logFile: string;
    readonly signal: AbortSignal;
  },
): Promise<RoleProcesses> {
  const { signal } = deps;
  const log = await open(deps.logFile, "a");
  const children = new Map<string, ChildProcess>();

  async function start(role: PlannedRole): Promise<number> {
    const begin = performance.now();
    const program = join(deps.programs, "limen.js");
    const child = spawn(process.execPath, [...deps.flags, `--title=limen ${role.name}`, program, role.name], {
      env: { ...role.env, LIMEN_LAUNCHED: "1" },
      stdio: ["ignore", log.fd, log.fd],
    });
    children.set(role.name, child);
    const ended = new AbortController();
    child.once("exit", (code, killer) =>
      ended.abort(new Error(`limen ${role.name} ended with ${killer ?? `exit code ${code}`}: see ${deps.logFile}`)),
    );
    await waitUntilReady(role, { signal: AbortSignal.any([signal, ended.signal]), pollMs });
    return performance.now() - begin;
  }

  async function end(name: string): Promise<void> {
    const child = children.get(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    await exit;
  }

  /** Nothing new comes in, what came in is answered, what was announced is done. */
  async function stop(): Promise<void> {
    for (const kind of [/^gateway$/, /-api$/, /-worker$/]) {
      await Promise.all([...children.keys()].filter((name) => kind.test(name)).map(end));
    }
    await log.close();
  }

  process.once("exit", () => {
    for (const child of children.values()) child.kill("SIGKILL");
  });
  try {
    const isGateway = ({ name }: PlannedRole) => name === "gateway";
    await Promise.all(plan.filter((role) => !isGateway(role)).map(start));
    await Promise.all(plan.filter(isGateway).map(start));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pidOf(name) {
      const pid = children.get(name)?.pid;
      if (pid === undefined) throw new Error(`there is no process "limen ${name}"`);
      return pid;
    },
    async restart(name) {
      const role = plan.find((planned) => planned.name === name);
      if (role === undefined) throw new Error(`there is no role ${name}`);
      await end(name);
      return await start(role);
    },
    stop,
  };
}
