import { setTimeout as sleep } from "node:timers/promises";
import { type Findings, judge } from "./checker.ts";
import type { ClientLog } from "./client-log.ts";
import { convergence, observe } from "./observe.ts";
import type { Exit } from "./role-processes.ts";
import type { World } from "./world.ts";

export interface Verdict extends Findings {
  /** Until everything had come to rest; null when it had not within the limit. */
  readonly convergedMs: number | null;
  /** Ends of processes that nobody wished. */
  readonly crashes: readonly Exit[];
}

/** How long the system may take to come to rest when the faults are over. */
export const convergenceMs = 60_000;

interface Expectations {
  /** Message ids of poisons, which must be dead letters. */
  readonly planted?: readonly string[];
  readonly withinMs?: number;
  /** E-mails of people who could log in before, and need not do so again. */
  readonly seen?: Set<string>;
}

/** Waits until the system has come to rest, and holds it to what the clients were told. */
export async function verify(
  world: World,
  log: ClientLog,
  { planted = [], withinMs = convergenceMs, seen = new Set() }: Expectations = {},
): Promise<Verdict> {
  const convergedMs = await convergence(world, planted.length, withinMs);
  const observed = await observe(world);
  const active = observed.accounts.filter(({ status, hasPassword }) => status === "ACTIVE" && hasPassword);
  const lockedOut = await knock(
    world,
    log,
    active.map(({ email }) => email),
    seen,
  );
  return { ...judge(log, { ...observed, lockedOut }, planted), convergedMs, crashes: world.roles.crashes() };
}

export const isGood = (verdict: Verdict): boolean =>
  verdict.convergedMs !== null &&
  [verdict.lost, verdict.duplicated, verdict.orphaned, verdict.unexpected, verdict.leftovers, verdict.crashes].every(
    (list) => list.length === 0,
  );

/** Those with an account who cannot log in with the password that they wished for. */
async function knock(
  { url }: World,
  { wishes }: ClientLog,
  emails: readonly string[],
  seen: Set<string>,
): Promise<Set<string>> {
  const passwords = new Map(wishes.map(({ person }) => [person.email, person.password]));
  const waiting = emails.filter((email) => passwords.has(email) && !seen.has(email));
  const refused = new Set<string>();
  const lane = async (): Promise<void> => {
    for (let email = waiting.pop(); email !== undefined; email = waiting.pop()) {
      const isIn = await logsIn(url, email, passwords.get(email) ?? "");
      (isIn ? seen : refused).add(email);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return refused;
}

async function logsIn(url: string, email: string, password: string): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(`${url}/api/v1/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    await response.arrayBuffer();
    if (response.ok || response.status === 401) return response.ok;
    if (attempt === 10) throw new Error(`a login was answered with ${response.status}`);
    await sleep(Number(response.headers.get("retry-after") ?? 1) * 1_000);
  }
}
