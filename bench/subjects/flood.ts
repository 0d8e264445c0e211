import { seedPeople } from "../clients/people.ts";
import { loginRequests } from "../clients/requests.ts";
import { type LoadProcess, type LoadWindow, withLoads } from "../load/load-process.ts";
import { percentile } from "../measure.ts";
import { type Bench, type Figure, plainMeasurement, type Study } from "../subject.ts";

const times = 10;
const crowd = `${times} times as many logins come as can be served`;

const figures: readonly Figure[] = [
  {
    name: "flood-goodput",
    what: `logins while ${crowd}, for a minute`,
    limit: "16 clients who log in without it",
    goal: { unit: "ratio", atLeast: 0.7 },
  },
  {
    name: "flood-recovery",
    what: `time until nobody of those 16 is refused, after ${crowd}`,
    limit: "nothing",
    goal: { unit: "ms", atMost: 10_000 },
  },
];

/** After that, the gateway gives up: nobody waits for longer. */
const timeoutMs = 10_000;
const lookMs = 250;
/** A system that takes longer will not come back. */
const patienceMs = 60_000;

/** Nobody of these waits for anybody else, nor for Retry-After: what comes is not less for what is refused. */
export const flood: Study = {
  name: "flood",
  figures,
  async measure(bench) {
    const { limen, pace, signal } = bench;
    const requests = loginRequests(await seedPeople(limen.databaseUrl, 2 * pace.crowd));
    const work = { kind: "http", port: limen.port, requests, expected: 200, mayRefuse: true } as const;
    return await withLoads({ calm: { ...work, clients: 16 } }, signal, async ({ calm }) => {
      await calm.run({ forMs: pace.warmUpMs });
      const before = await calm.run({ forMs: 2 * pace.windowMs, patient: true });
      const callsPerSecond = Math.ceil((times * before.calls) / before.seconds);
      const clients = Math.ceil((callsPerSecond * Math.min(pace.floodMs, timeoutMs)) / 1_000);
      return await withLoads({ flooding: { ...work, clients } }, signal, async ({ flooding }) => {
        const begin = performance.now();
        const during = await flooding.run({ forMs: pace.floodMs, callsPerSecond });
        await untilNobodyIsRefused(calm, bench);
        const recoveryMs = performance.now() - begin - pace.floodMs;
        return [goodputOf(before, during, pace.floodMs), plainMeasurement(recoveryMs)];
      });
    });
  },
};

async function untilNobodyIsRefused(calm: LoadProcess, { signal }: Bench): Promise<void> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; ) {
    signal.throwIfAborted();
    const { calls, refused, failed } = await calm.run({ forMs: lookMs });
    if (calls > 0 && refused + failed === 0) return;
  }
  throw new Error(`people are refused ${patienceMs / 1_000} s after the flood`);
}

function goodputOf(before: LoadWindow, during: LoadWindow, floodMs: number) {
  const limitRate = before.calls / before.seconds;
  const rate = during.calls / (floodMs / 1_000);
  const perSecond = (count: number) => `${(count / (floodMs / 1_000)).toFixed(0)} a second`;
  return {
    ...plainMeasurement(rate / limitRate),
    rate,
    limitRate,
    p50Ms: percentile(during.latenciesMs, 0.5),
    p99Ms: percentile(during.latenciesMs, 0.99),
    driverBusy: during.driverSeconds / during.seconds,
    parts: [
      { name: "refused", value: perSecond(during.refused) },
      { name: "answered with something else", value: String(during.failed) },
    ],
  };
}
