import type { Log } from "../log.ts";
import { type Periodic, startPeriodic } from "../periodic.ts";
import type { Database } from "./database.ts";
import { databaseUp } from "./pool-metrics.ts";

export interface DatabaseMonitor extends Periodic {
  /** As of the last look, at most about two seconds ago. */
  isUp(): boolean;
}

/** Asks the database every second whether it is there, for the readiness probe. */
export function startDatabaseMonitor(db: Database, log: Log): DatabaseMonitor {
  let up = false;
  const monitor = startPeriodic({
    name: "database monitor",
    everyMs: 1_000,
    log,
    async work() {
      const answered = await db.ping();
      if (answered !== up) log.info({ event: answered ? "database_up" : "database_down" }, "database changed");
      up = answered;
      databaseUp.set({ pool: db.name }, up ? 1 : 0);
    },
  });
  return { isUp: () => up, stop: monitor.stop };
}
