import { ConfigError } from "../platform/config.ts";
import { letHeapDouble } from "../platform/heap-growth.ts";
import { runRole } from "../platform/role.ts";
import { createServiceProcess } from "../platform/service-process.ts";
import { createUsersApi, createUsersWorker } from "./app.ts";
import { readUsersApiConfig, readUsersWorkerConfig } from "./config.ts";

await runRole(async () => {
  switch (process.argv[2]) {
    case "api":
      return createServiceProcess("users-api", readUsersApiConfig(process.env), createUsersApi);
    case "worker":
      // A backlog of commands lives just long enough to be taken for what stays.
      letHeapDouble();
      return createServiceProcess("users-worker", readUsersWorkerConfig(process.env), createUsersWorker);
    default:
      throw new ConfigError("usage: services/users/main.ts api|worker");
  }
});
