import { seedPeople } from "../clients/people.ts";
import { loginRequests } from "../clients/requests.ts";
import { measureLoads } from "../measure-loads.ts";
import type { Subject } from "../subject.ts";

export const login: Subject = {
  name: "login",
  what: "login through the gateway, 16 clients",
  limit: "argon2 verify with the same parameters, one for each core",
  goal: { unit: "ratio", atLeast: 0.9 },
  async measure(bench) {
    const { limen, pace } = bench;
    const requests = loginRequests(await seedPeople(limen.databaseUrl, pace.variety));
    return await measureLoads(bench, {
      subject: {
        work: { kind: "http", clients: 16, port: limen.port, requests, expected: 200, mayRefuse: true },
        serving: limen.pidsOf("gateway", "auth-api"),
      },
      limit: { work: { kind: "verify" } },
    });
  },
};
