import type { Role } from "../../services/platform/role.ts";

/** Several roles as one: started in the order given, stopped in the opposite one, ready when all of them are. */
export function allOf(roles: readonly Role[]): Role {
  return {
    async start() {
      for (const role of roles) await role.start();
    },
    readiness() {
      const reasons = roles.flatMap((role) => role.readiness().reasons);
      return { ready: reasons.length === 0, reasons };
    },
    async stop() {
      for (const role of roles.toReversed()) await role.stop();
    },
  };
}
