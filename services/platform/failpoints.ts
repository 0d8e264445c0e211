/**
 * Named places at which the fault suite breaks a process: `FAILPOINTS=relay.after_confirm=kill9@3` kills it at every third
 * pass. Several are separated by commas; `auth-worker:` in front of a name arms it in that role only.
 *
 * Each use is one line that begins with `failpoints?.` or `if (failpoints?.`: the build takes those lines out, so that a
 * production bundle has no such places.
 */
export interface Failpoints {
  /** Breaks the process, or throws, when the place is armed and its turn has come. */
  pass(name: string): void;
  /** Whether a safeguard is switched off, to show that the suite would notice: `FAILPOINTS=inbox.skip=on`. */
  isOn(name: string): boolean;
}

interface Armed {
  readonly action: string;
  readonly every: number;
  passes: number;
}

export const failpoints: Failpoints | undefined = process.env.FAILPOINTS
  ? createFailpoints(process.env.FAILPOINTS, process.title)
  : undefined;

/** @throws Error for an entry that cannot be read: a fault suite with a misspelt fault would prove nothing. */
export function createFailpoints(text: string, processTitle: string): Failpoints {
  const armed = new Map<string, Armed>();
  for (const entry of text.split(",")) {
    const [, role, name, action, every] =
      /^(?:([a-z-]+):)?([a-z_.]+)=(kill9|throw|on)(?:@(\d+))?$/.exec(entry.trim()) ?? [];
    if (name === undefined || action === undefined) throw new Error(`FAILPOINTS: cannot read "${entry}"`);
    if (role !== undefined && processTitle !== `limen ${role}`) continue;
    armed.set(name, { action, every: Number(every ?? 1), passes: 0 });
  }
  return {
    pass(name) {
      const point = armed.get(name);
      if (point === undefined || ++point.passes % point.every !== 0) return;
      if (point.action === "kill9") process.kill(process.pid, "SIGKILL");
      if (point.action === "throw") throw new Error(`failpoint ${name}`);
    },
    isOn: (name) => armed.get(name)?.action === "on",
  };
}
