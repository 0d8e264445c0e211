import { createHttpClient } from "../clients/http.ts";
import { adminTokens, seedPeople } from "../clients/people.ts";
import { loginRequests } from "../clients/requests.ts";
import { withLoads } from "../load/load-process.ts";
import { median, percentile, spreadOf } from "../measure.ts";
import { plainMeasurement, type Subject } from "../subject.ts";
import { validateTokenMessage, validateTokenPath } from "./validate-token.ts";

const callsPerSecond = 200;
/** Enough for answers that take five seconds. */
const callers = 1_000;

export const validateTokenDuringLogins: Subject = {
  name: "validate-token-during-logins",
  what: `ValidateToken over gRPC, ${callsPerSecond} calls a second, 99th percentile, while 16 clients log in`,
  limit: "the same calls while nobody logs in",
  goal: { unit: "ratio", atMost: 5 },
  async measure({ limen, pace, signal }) {
    const http = createHttpClient(limen.url);
    const accessTokens = await adminTokens(http, limen.databaseUrl, pace.variety);
    http.close();
    const calls = accessTokens.map((accessToken) => ({ message: validateTokenMessage(accessToken) }));
    const requests = loginRequests(await seedPeople(limen.databaseUrl, pace.variety));
    const works = {
      validations: { kind: "grpc", clients: callers, address: limen.authGrpc, path: validateTokenPath, calls },
      logins: { kind: "http", clients: 16, port: limen.port, requests, expected: 200, mayRefuse: true },
    } as const;
    return await withLoads(works, signal, async ({ validations, logins }) => {
      const validate = (forMs: number) => validations.run({ forMs, callsPerSecond });
      const duringLogins = async (forMs: number) =>
        (await Promise.all([validate(forMs), logins.run({ forMs, patient: true })]))[0];
      await duringLogins(pace.warmUpMs);

      const busy: number[][] = [];
      const quiet: number[][] = [];
      let driverSeconds = 0;
      for (let round = 0; round < pace.rounds; round++) {
        const window = await duringLogins(pace.windowMs);
        driverSeconds += window.driverSeconds;
        busy.push([...window.latenciesMs]);
        quiet.push([...(await validate(pace.windowMs)).latenciesMs]);
      }
      const tails = (rounds: number[][]) => rounds.map((latencies) => percentile(latencies, 0.99) ?? Number.NaN);
      const quietTails = tails(quiet);
      const ratios = tails(busy).map((p99, round) => p99 / (quietTails[round] ?? Number.NaN));
      return {
        ...plainMeasurement(median(ratios), spreadOf(ratios)),
        rate: callsPerSecond,
        limitRate: callsPerSecond,
        p50Ms: percentile(busy.flat(), 0.5),
        p99Ms: percentile(busy.flat(), 0.99),
        driverBusy: driverSeconds / ((pace.rounds * pace.windowMs) / 1_000),
        parts: [{ name: "99th percentile while nobody logs in", value: `${median(quietTails).toFixed(1)} ms` }],
      };
    });
  },
};
