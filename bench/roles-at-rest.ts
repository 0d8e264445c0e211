import type { Limen, RoleName } from "./system.ts";

/** Stops processes where they are, so that work can pile up for them, or cannot disturb that of others. */
export function rest(limen: Limen, ...roles: readonly RoleName[]): void {
  for (const pid of limen.pidsOf(...roles)) process.kill(pid, "SIGSTOP");
}

export function wake(limen: Limen, ...roles: readonly RoleName[]): void {
  for (const pid of limen.pidsOf(...roles)) process.kill(pid, "SIGCONT");
}
