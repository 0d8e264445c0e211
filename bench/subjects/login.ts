import { createHttpClient } from "../clients/http.ts";
import { registerMany } from "../clients/people.ts";
import { inTurn } from "../in-turn.ts";
import { hashingConcurrency, rawHash, rawVerify } from "../limits/argon2.ts";
import { measureLoads } from "../measure-loads.ts";
import type { Subject } from "../subject.ts";

export const login: Subject = {
  name: "login",
  what: "login through the gateway, 16 clients",
  limit: "argon2 verify with the same parameters, one for each core",
  goal: { unit: "ratio", atLeast: 0.9 },
  async measure(bench) {
    const http = createHttpClient(bench.limen.url);
    const people = inTurn(await registerMany(http, bench.pace.variety));
    const hash = await rawHash();
    try {
      return await measureLoads(bench, {
        subject: {
          concurrency: 16,
          call: () => {
            const { email, password } = people();
            return http.post("/api/v1/auth/login", { email, password }, 200);
          },
          serving: bench.limen.pidsOf("gateway", "auth-api"),
        },
        limit: { concurrency: hashingConcurrency, call: () => rawVerify(hash), serving: [process.pid] },
      });
    } finally {
      http.close();
    }
  },
};
