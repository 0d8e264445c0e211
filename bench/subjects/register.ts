import { measureLoads } from "../measure-loads.ts";
import type { Subject } from "../subject.ts";

export const register: Subject = {
  name: "register",
  what: "registration to 201 through the gateway, 16 clients",
  limit: "argon2 hash with the same parameters, one for each core",
  goal: { unit: "ratio", atLeast: 0.75 },
  async measure(bench) {
    const { limen } = bench;
    return await measureLoads(bench, {
      subject: {
        work: { kind: "register", clients: 16, port: limen.port },
        serving: limen.pidsOf("gateway", "auth-api", "auth-worker", "users-worker"),
      },
      limit: { work: { kind: "hash" } },
    });
  },
};
