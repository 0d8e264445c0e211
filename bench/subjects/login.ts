import { seedPeople } from "../clients/people.ts";
import { loginRequests } from "../clients/requests.ts";
import { startLimitProcess } from "../limits/limit-process.ts";
import type { HttpWork } from "../load/work.ts";
import { measureLoads } from "../measure-loads.ts";
import type { Bench, Measurement, Subject } from "../subject.ts";

const limit = { work: { kind: "verify" } } as const;
/** Of an answer, about. */
const bytes = 1_000;

export const login: Subject = {
  name: "login",
  what: "login through the gateway, 16 clients",
  limit: "argon2 verify with the same parameters, one for each core",
  goal: { unit: "ratio", atLeast: 0.9 },
  async measure(bench) {
    const { limen, pace } = bench;
    const requests = loginRequests(await seedPeople(limen.databaseUrl, pace.variety));
    const work = (port: number): HttpWork => ({
      kind: "http",
      clients: 16,
      port,
      requests,
      expected: 200,
      mayRefuse: true,
    });
    const subject = { work: work(limen.port), serving: limen.pidsOf("gateway", "auth-api") };
    const measured = await measureLoads(bench, { subject, limit });
    const bare = await bareLogin(bench, work);
    const value = `${bare.value.toFixed(2)} of the limit, ${bare.rate?.toFixed(1)} a second`;
    return { ...measured, parts: [{ name: "node:http, grpc-js, SELECT, verify, INSERT, and nothing else", value }] };
  },
};

/** What the packages that everything stands on leave of the limit. */
async function bareLogin(bench: Bench, work: (port: number) => HttpWork): Promise<Measurement> {
  const server = await startLimitProcess("login-server.ts", [String(bytes)], { DATABASE_URL: bench.limen.databaseUrl });
  const relay = await startLimitProcess("relay-server.ts", [server.address, String(bytes)]);
  try {
    const subject = { work: work(relay.port), serving: [relay.pid, server.pid] };
    return await measureLoads(bench, { subject, limit });
  } finally {
    await relay.stop();
    await server.stop();
  }
}
