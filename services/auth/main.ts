import { ConfigError } from "../platform/config.ts";
import { letHeapDouble } from "../platform/heap-growth.ts";
import { runRole } from "../platform/role.ts";
import { createServiceProcess } from "../platform/service-process.ts";
import { createAuthApi, createAuthWorker } from "./app.ts";
import { readAuthApiConfig, readAuthWorkerConfig } from "./config.ts";

await runRole(async () => {
  switch (process.argv[2]) {
    case "api":
      // What is called meanwhile waits longest for a collection of the whole heap.
      letHeapDouble();
      return createServiceProcess("auth-api", readAuthApiConfig(process.env), createAuthApi);
    case "worker":
      return createServiceProcess("auth-worker", readAuthWorkerConfig(process.env), createAuthWorker);
    default:
      throw new ConfigError("usage: services/auth/main.ts api|worker");
  }
});
