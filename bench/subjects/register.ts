import { createHttpClient } from "../clients/http.ts";
import { register as registerPerson } from "../clients/people.ts";
import { hashingConcurrency, rawHash } from "../limits/argon2.ts";
import { measureLoads } from "../measure-loads.ts";
import type { Subject } from "../subject.ts";

export const register: Subject = {
  name: "register",
  what: "registration to 201 through the gateway, 16 clients",
  limit: "argon2 hash with the same parameters, one for each core",
  goal: { unit: "ratio", atLeast: 0.75 },
  async measure(bench) {
    const http = createHttpClient(bench.limen.url);
    try {
      return await measureLoads(bench, {
        subject: {
          concurrency: 16,
          call: () => registerPerson(http),
          serving: bench.limen.pidsOf("gateway", "auth-api", "auth-worker", "users-worker"),
        },
        limit: { concurrency: hashingConcurrency, call: rawHash, serving: [process.pid] },
      });
    } finally {
      http.close();
    }
  },
};
