import { letHeapDouble } from "../services/platform/heap-growth.ts";
import { createLog } from "../services/platform/log.ts";
import { manageRole } from "../services/platform/managed-role.ts";
import { createMetrics } from "../services/platform/process-metrics.ts";
import { runRole } from "../services/platform/role.ts";
import { startTracing } from "../services/platform/tracing/start-tracing.ts";
import { readGatewayConfig } from "./config.ts";
import { createGatewayRole } from "./role.ts";

// Node's http2 and grpc-js leave an old table behind every few calls, and V8 keeps all that was in it until it collects its
// whole heap.
letHeapDouble();

await runRole(async () => {
  const config = readGatewayConfig(process.env);
  const name = "gateway";
  const log = createLog(config.logLevel, name);
  const metrics = createMetrics(name);
  const tracing = await startTracing({ config: config.tracing, role: name, log });
  const role = await createGatewayRole({ config, log, metrics });
  const managed = manageRole(role, { name, host: config.host, port: config.managementPort, metrics, log });
  return {
    ...managed,
    async stop() {
      await managed.stop();
      await tracing.stop();
    },
  };
});
