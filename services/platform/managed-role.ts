import { type Registry, register } from "prom-client";
import type { LeveledLog } from "./log.ts";
import { createLogLevelSwitch } from "./log-level-switch.ts";
import { createManagementServer } from "./management.ts";
import { exposition, measureReadiness } from "./process-metrics.ts";
import type { Role } from "./role.ts";

/**
 * Adds the management listener, from the role's first moment to its last; not ready any more as soon as it is told to
 * stop, so that no new work is sent its way while it finishes.
 */
export function manageRole(
  role: Role,
  deps: {
    readonly name: string;
    readonly host: string;
    readonly port: number;
    readonly metrics: Registry;
    readonly log: LeveledLog;
  },
): Role {
  let state: "starting" | "serving" | "stopping" = "starting";
  const readiness = () => (state === "serving" ? role.readiness() : { ready: false, reasons: [state] });
  measureReadiness(deps.metrics, readiness);
  const logLevel = createLogLevelSwitch(deps.log);
  const management = createManagementServer({
    ...deps,
    checks: readiness,
    metrics: exposition(deps.metrics, register, deps.name),
    logLevel,
  });
  return {
    readiness,
    async start() {
      await management.listen();
      await role.start();
      state = "serving";
    },
    async stop() {
      state = "stopping";
      await role.stop();
      logLevel.stop();
      await management.close();
    },
  };
}
