import { createLog } from "../services/platform/log.ts";
import { manageRole } from "../services/platform/managed-role.ts";
import { createMetrics } from "../services/platform/management.ts";
import { runRole } from "../services/platform/role.ts";
import { readGatewayConfig } from "./config.ts";
import { createGatewayRole } from "./role.ts";

await runRole(async () => {
  const config = readGatewayConfig(process.env);
  const log = createLog(config.logLevel, "gateway");
  const metrics = createMetrics("gateway");
  const role = await createGatewayRole({ config, log, metrics });
  return manageRole(role, { host: config.host, port: config.managementPort, metrics });
});
