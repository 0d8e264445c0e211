import type { Registry } from "prom-client";
import { createManagementServer } from "./management.ts";
import type { Role } from "./role.ts";

/**
 * Adds the management listener, from the role's first moment to its last; not ready any more as soon as it is told to
 * stop, so that no new work is sent its way while it finishes.
 */
export function manageRole(
  role: Role,
  { host, port, metrics }: { readonly host: string; readonly port: number; readonly metrics: Registry },
): Role {
  let state: "starting" | "serving" | "stopping" = "starting";
  const readiness = () => (state === "serving" ? role.readiness() : { ready: false, reasons: [state] });
  const management = createManagementServer({ host, port, checks: readiness, metrics: () => metrics.metrics() });
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
      await management.close();
    },
  };
}
