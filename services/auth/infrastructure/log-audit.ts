import type { Log } from "../../platform/log.ts";
import type { Audit } from "../application/credential-ports.ts";

/** Audit entries as log lines; their fields are ids and addresses, nothing that opens a door. */
export const createLogAudit =
  (log: Log): Audit =>
  (entry) =>
    log.info({ audit: true, ...entry }, entry.event);
