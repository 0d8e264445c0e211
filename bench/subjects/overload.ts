import { createHttpClient } from "../clients/http.ts";
import { adminTokens, seedPeople } from "../clients/people.ts";
import { loginRequests, validateTokenRequests } from "../clients/requests.ts";
import { type LoadProcess, type LoadWindow, withLoads } from "../load/load-process.ts";
import { median, percentile, spreadOf } from "../measure.ts";
import { watchMemory } from "../processes.ts";
import { type Bench, type Figure, type Measurement, type Part, plainMeasurement, type Study } from "../subject.ts";
import { roleNames } from "../system.ts";

const impatient = "while 500 clients log in and come back at once when they are refused";

const figures: readonly Figure[] = [
  {
    name: "overload-livez",
    what: `/livez, 50 calls a second, 99th percentile, ${impatient}`,
    limit: "nothing",
    goal: { unit: "ms", atMost: 50 },
  },
  {
    name: "overload-validate-token",
    what: `ValidateToken through the gateway, 50 calls a second, 99th percentile, ${impatient}`,
    limit: "nothing",
    goal: { unit: "ms", atMost: 50 },
  },
  {
    name: "overload-answers",
    what: "share of logins that are answered as they should be: 200, or 429 or 503 with Retry-After",
    limit: "all of them",
    goal: { unit: "ratio", atLeast: 1 },
  },
  {
    name: "overload-memory",
    what: `resident memory at its highest by that before, of the process with the most growth, ${impatient}`,
    limit: "before",
    goal: { unit: "ratio", atMost: 1.5 },
  },
  {
    name: "overload-goodput",
    what: "logins of 500 clients who wait as long as Retry-After says",
    limit: "argon2 verify with the same parameters, one for each core",
    goal: { unit: "ratio", atLeast: 0.85 },
  },
];

const probesPerSecond = 50;
/** After that, the gateway gives up. What a call without an answer is taken to have waited. */
const timeoutMs = 10_000;

type Loads = Readonly<Record<"logins" | "livez" | "validations" | "hashes", LoadProcess>>;

export const overload: Study = {
  name: "overload",
  figures,
  async measure(bench) {
    const { limen, pace, signal } = bench;
    const { port } = limen;
    const http = createHttpClient(limen.url);
    const accessTokens = await adminTokens(http, limen.databaseUrl, pace.variety);
    http.close();
    // Addresses of their own: nobody is to be slowed down for what another did.
    const requests = loginRequests(await seedPeople(limen.databaseUrl, 2 * pace.crowd));
    // As many as there are calls: no answer is too late to be counted.
    const probe = {
      kind: "http",
      clients: (pace.crowdMs / 1_000) * probesPerSecond,
      port,
      expected: 200,
      mayRefuse: true,
    } as const;
    const works = {
      logins: { kind: "http", clients: pace.crowd, port, requests, expected: 200, mayRefuse: true },
      livez: { ...probe, requests: [{ method: "GET", path: "/livez" }] },
      validations: { ...probe, requests: validateTokenRequests(accessTokens) },
      hashes: { kind: "verify" },
    } as const;
    return await withLoads(works, signal, async (loads) => [
      ...(await impatientCrowd(bench, loads)),
      await patientCrowd(bench, loads),
    ]);
  },
};

async function crowdAndProbes({ pace }: Bench, loads: Loads, patient: boolean) {
  const probe = { forMs: pace.crowdMs, callsPerSecond: probesPerSecond };
  const [logins, livez, validations] = await Promise.all([
    loads.logins.run({ forMs: pace.crowdMs, patient }),
    loads.livez.run(probe),
    loads.validations.run(probe),
  ]);
  return { logins, livez, validations };
}

async function impatientCrowd(bench: Bench, loads: Loads): Promise<Measurement[]> {
  const pids = bench.limen.pidsOf(...roleNames);
  const before = (await watchMemory(pids, loads.logins.run({ forMs: 0 }))).samples[0] ?? [];
  const { result, samples } = await watchMemory(pids, crowdAndProbes(bench, loads, false));
  const { logins, livez, validations } = result;
  const peaks = roleNames.map((_, role) => Math.max(...samples.map((sample) => sample[role] ?? Number.NaN)));
  const growth = peaks.map((peak, role) => peak / (before[role] ?? Number.NaN));
  const proper = logins.calls + logins.refused;
  return [
    { ...tailOf(livez), parts: partsOf(logins) },
    tailOf(validations),
    {
      ...plainMeasurement(proper / (proper + logins.failed)),
      rate: proper / logins.seconds,
      driverBusy: logins.driverSeconds / logins.seconds,
    },
    {
      ...plainMeasurement(Math.max(...growth), spreadOf(growth)),
      parts: roleNames.map((role, index) => ({
        name: role,
        value: `${before[index]?.toFixed(0)} MB before, ${peaks[index]?.toFixed(0)} MB at its highest`,
      })),
    },
  ];
}

/** Before and after, as the machine may have got faster or slower meanwhile. */
async function patientCrowd(bench: Bench, loads: Loads): Promise<Measurement> {
  const { pace } = bench;
  const hashes = () => loads.hashes.run({ forMs: 2 * pace.windowMs });
  const earlier = await hashes();
  const { logins, livez, validations } = await crowdAndProbes(bench, loads, true);
  const later = await hashes();
  const limitRates = [earlier, later].map(({ calls, seconds }) => calls / seconds);
  const rate = logins.calls / logins.seconds;
  const ratios = limitRates.map((limitRate) => rate / limitRate);
  return {
    ...plainMeasurement(median(ratios), spreadOf(ratios)),
    rate,
    limitRate: median(limitRates),
    p50Ms: percentile(logins.latenciesMs, 0.5),
    p99Ms: percentile(logins.latenciesMs, 0.99),
    driverBusy: logins.driverSeconds / logins.seconds,
    parts: [
      ...partsOf(logins),
      { name: "/livez meanwhile, 99th percentile", value: `${percentile(waitsOf(livez), 0.99)?.toFixed(1)} ms` },
      {
        name: "ValidateToken meanwhile, 99th percentile",
        value: `${percentile(waitsOf(validations), 0.99)?.toFixed(1)} ms`,
      },
    ],
  };
}

function tailOf(window: LoadWindow): Measurement {
  const waitsMs = waitsOf(window);
  const third = Math.ceil(waitsMs.length / 3);
  const tails = [0, 1, 2].map((part) => percentile(waitsMs.slice(part * third, (part + 1) * third), 0.99));
  const p99Ms = percentile(waitsMs, 0.99) ?? timeoutMs;
  return {
    ...plainMeasurement(p99Ms, spreadOf(tails.map((tail) => tail ?? p99Ms))),
    rate: probesPerSecond,
    p50Ms: percentile(waitsMs, 0.5),
    p99Ms,
    driverBusy: window.driverSeconds / window.seconds,
  };
}

const waitsOf = ({ latenciesMs, refused, failed }: LoadWindow): number[] => [
  ...latenciesMs,
  ...new Array<number>(refused + failed).fill(timeoutMs),
];

const partsOf = ({ calls, refused, failed, seconds }: LoadWindow): Part[] => [
  { name: "logins", value: `${(calls / seconds).toFixed(1)} a second` },
  { name: "refused", value: `${(refused / seconds).toFixed(1)} a second` },
  { name: "answered with something else", value: String(failed) },
];
