import { ConfigError } from "./config.ts";
import type { Readiness } from "./management.ts";

/** A running part of Limen: what a process starts, asks and stops. */
export interface Role {
  /** Resolves when it serves; what it depends on may still be away, which `readiness` tells. */
  start(): Promise<void>;
  readiness(): Readiness;
  /** Takes no more work, finishes what is at work, lets go of everything. Leaves nothing acknowledged undone. */
  stop(): Promise<void>;
}

/**
 * Runs a role as this process: until SIGTERM or SIGINT, and then stops it in order.
 *
 * A launcher that stops its roles in an order of its own sets LIMEN_LAUNCHED: a terminal sends Ctrl-C to the
 * whole process group, and the role then leaves it to the launcher.
 */
export async function runRole(create: () => Promise<Role>): Promise<void> {
  try {
    const role = await create();
    let stopping = false;
    const stop = (): void => {
      if (stopping) return;
      stopping = true;
      role.stop().then(() => process.exit(0), fail);
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", process.env.LIMEN_LAUNCHED === "1" ? () => undefined : stop);
    await role.start();
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): never {
  const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

/** Readiness from named conditions: ready when all hold, else the names of those that do not. */
export function readinessOf(conditions: Readonly<Record<string, boolean>>): Readiness {
  const reasons = Object.entries(conditions)
    .filter(([, holds]) => !holds)
    .map(([name]) => name);
  return { ready: reasons.length === 0, reasons };
}
