import { createHttpClient } from "../clients/http.ts";
import { adminTokens, seedPeople } from "../clients/people.ts";
import { loginRequests, validateTokenRequests } from "../clients/requests.ts";
import { type LoadProcess, type LoadWindow, withLoads } from "../load/load-process.ts";
import { median, percentile, spreadOf } from "../measure.ts";
import type { Pace } from "../pace.ts";
import { residentMb, watchMemory } from "../processes.ts";
import { type Figure, type Measurement, type Part, plainMeasurement, type Study } from "../subject.ts";
import { roleNames } from "../system.ts";

const crowd = "500 clients log in who come back when Retry-After says";
const stampede = "500 clients log in who come back at once";
const probe = { limit: "nothing", goal: { unit: "ms", atMost: 50 } } as const;
const livez = "/livez, 50 calls a second, 99th percentile, while";
const validations = "ValidateToken through the gateway, 50 calls a second, 99th percentile, while";

const figures: readonly Figure[] = [
  {
    name: "overload-goodput",
    what: `logins while ${crowd}`,
    limit: "argon2 verify with the same parameters, one for each core",
    goal: { unit: "ratio", atLeast: 0.85 },
  },
  { name: "overload-livez", what: `${livez} ${crowd}`, ...probe },
  { name: "overload-validate-token", what: `${validations} ${crowd}`, ...probe },
  { name: "stampede-livez", what: `${livez} ${stampede}`, ...probe },
  { name: "stampede-validate-token", what: `${validations} ${stampede}`, ...probe },
  {
    name: "overload-answers",
    what: "share of logins of both crowds that are answered as they should be: 200, or 429 or 503 with Retry-After",
    limit: "all of them",
    goal: { unit: "ratio", atLeast: 1 },
  },
  {
    name: "overload-memory",
    what: "resident memory at its highest in the second half of a crowd's time, of the process and the crowd with the most growth",
    limit: "the same in the first half",
    goal: { unit: "ratio", atMost: 1.1 },
  },
];

const probesPerSecond = 50;
/** After that, the gateway gives up. What a call without an answer is taken to have waited. */
const timeoutMs = 10_000;

type Loads = Readonly<Record<"logins" | "livez" | "validations" | "hashes" | "warmUp", LoadProcess>>;

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
    const probing = {
      kind: "http",
      clients: (pace.crowdMs / 1_000) * probesPerSecond,
      port,
      expected: 200,
      mayRefuse: true,
    } as const;
    const works = {
      logins: { kind: "http", clients: pace.crowd, port, requests, expected: 200, mayRefuse: true },
      livez: { ...probing, requests: [{ method: "GET", path: "/livez" }] },
      validations: { ...probing, requests: validateTokenRequests(accessTokens) },
      hashes: { kind: "verify" },
      warmUp: { kind: "http", clients: 16, port, requests, expected: 200, mayRefuse: true },
    } as const;
    return await withLoads(works, signal, async (loads) => {
      // A crowd that comes before anything was compiled would measure compiling.
      await loads.warmUp.run({ forMs: pace.warmUpMs });
      const pids = limen.pidsOf(...roleNames);
      const before = await residentMb(pids);
      const { patient, impatient, limitRates } = await bothCrowds(pace, loads, pids);
      return [
        goodputOf(patient.logins, limitRates),
        tailOf(patient.livez),
        tailOf(patient.validations),
        { ...tailOf(impatient.livez), parts: partsOf(impatient.logins) },
        tailOf(impatient.validations),
        answersOf([patient.logins, impatient.logins]),
        memoryOf(before, [patient.memory, impatient.memory]),
      ];
    });
  },
};

/** The limit before and after, as the machine may have got faster or slower meanwhile. */
async function bothCrowds(pace: Pace, loads: Loads, pids: readonly number[]) {
  const hashRate = async (): Promise<number> => {
    const { calls, seconds } = await loads.hashes.run({ forMs: 2 * pace.windowMs });
    return calls / seconds;
  };
  const earlier = await hashRate();
  const patient = await crowdAndProbes(pace, loads, pids, true);
  const limitRates = [earlier, await hashRate()];
  return { patient, limitRates, impatient: await crowdAndProbes(pace, loads, pids, false) };
}

async function crowdAndProbes({ crowdMs }: Pace, loads: Loads, pids: readonly number[], patient: boolean) {
  const pattern = { forMs: crowdMs, callsPerSecond: probesPerSecond };
  const all = Promise.all([
    loads.logins.run({ forMs: crowdMs, patient }),
    loads.livez.run(pattern),
    loads.validations.run(pattern),
  ]);
  const { result, samples: memory } = await watchMemory(pids, all);
  const [logins, livez, validations] = result;
  return { logins, livez, validations, memory };
}

function goodputOf(logins: LoadWindow, limitRates: readonly number[]): Measurement {
  const rate = logins.calls / logins.seconds;
  const ratios = limitRates.map((limitRate) => rate / limitRate);
  return {
    ...plainMeasurement(median(ratios), spreadOf(ratios)),
    rate,
    limitRate: median(limitRates),
    p50Ms: percentile(logins.latenciesMs, 0.5),
    p99Ms: percentile(logins.latenciesMs, 0.99),
    driverBusy: logins.driverSeconds / logins.seconds,
    parts: partsOf(logins),
  };
}

function answersOf(crowds: readonly LoadWindow[]): Measurement {
  const sum = (count: (window: LoadWindow) => number) => crowds.reduce((total, window) => total + count(window), 0);
  const proper = sum(({ calls, refused }) => calls + refused);
  return { ...plainMeasurement(proper / (proper + sum(({ failed }) => failed))), rate: proper / sum((w) => w.seconds) };
}

/** Samples of each crowd's time, of each process. */
function memoryOf(before: readonly number[], crowds: readonly (readonly (readonly number[])[])[]): Measurement {
  const peak = (samples: readonly (readonly number[])[], role: number) =>
    Math.max(...samples.map((sample) => sample[role] ?? Number.NaN));
  const growth = crowds.flatMap((samples) => {
    const half = Math.ceil(samples.length / 2);
    return roleNames.map((_, role) => peak(samples.slice(-half), role) / peak(samples.slice(0, half), role));
  });
  return {
    ...plainMeasurement(Math.max(...growth), spreadOf(growth)),
    parts: roleNames.map((role, index) => ({
      name: role,
      value: `${before[index]?.toFixed(0)} MB before, ${peak(crowds.flat(), index).toFixed(0)} MB at its highest`,
    })),
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
