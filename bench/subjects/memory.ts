import { createHttpClient } from "../clients/http.ts";
import { adminTokens, seedPeople } from "../clients/people.ts";
import { getUserRequests, loginRequests, validateTokenRequests } from "../clients/requests.ts";
import { type LoadProcess, withLoads } from "../load/load-process.ts";
import { median, spreadOf } from "../measure.ts";
import { watchMemory } from "../processes.ts";
import { type Bench, type Figure, plainMeasurement, type Study } from "../subject.ts";
import { roleNames } from "../system.ts";

const limit = "nothing";

const figures: readonly Figure[] = [
  ...roleNames.map((role) => ({
    name: `memory-${role}`,
    what: `resident memory of ${role} after ten minutes of load of all kinds, at its highest`,
    limit,
    goal: { unit: "MB", atMost: role === "auth-api" ? 160 : 110 } as const,
  })),
  {
    name: "memory-growth",
    what: "resident memory in the second half of the last minutes by that in the first, of the process with the most growth",
    limit,
    goal: { unit: "ratio", atMost: 1.05 },
  },
];

/** Whatever was measured before has been load too: what is missing of the ten minutes is made up for. */
export const memory: Study = {
  name: "memory",
  figures,
  async measure(bench) {
    const { limen, pace } = bench;
    const { stretches } = pace;
    const upMs = performance.now() - limen.readyAt;
    const forMs = Math.max(pace.watchMs, pace.uptimeMs - upMs);
    const pids = limen.pidsOf(...roleNames);
    const samples: number[][][] = [];
    for (let stretch = 0; stretch < stretches; stretch++) {
      samples.push([...(await watchMemory(pids, mixedLoad(bench, forMs / stretches))).samples]);
    }
    const ofRole = (role: number, from: number, to: number) =>
      samples
        .slice(from, to)
        .flat()
        .map((sample) => sample[role] ?? Number.NaN);
    const half = stretches / 2;
    const growth = roleNames.map((_, role) => median(ofRole(role, half, stretches)) / median(ofRole(role, 0, half)));
    return [
      ...roleNames.map((_, role) => {
        const late = ofRole(role, half, stretches);
        return plainMeasurement(Math.max(...late), spreadOf(late));
      }),
      plainMeasurement(Math.max(...growth), spreadOf(growth)),
    ];
  },
};

/** A bit of everything, with tokens of its own: earlier ones may have expired. */
async function mixedLoad({ limen, pace, signal }: Bench, forMs: number): Promise<void> {
  const { port, databaseUrl } = limen;
  const http = createHttpClient(limen.url);
  const people = await seedPeople(databaseUrl, pace.variety);
  const accessTokens = await adminTokens(http, databaseUrl, pace.variety);
  http.close();
  const works = {
    logins: { kind: "http", clients: 4, port, requests: loginRequests(people), expected: 200, mayRefuse: true },
    registrations: { kind: "register", clients: 2, port },
    validations: { kind: "http", clients: 2, port, requests: validateTokenRequests(accessTokens), expected: 200 },
    users: { kind: "http", clients: 2, port, requests: getUserRequests(people, accessTokens), expected: 200 },
  } as const;
  await withLoads(works, signal, async (loads) => {
    await Promise.all(Object.values<LoadProcess>(loads).map((load) => load.run({ forMs, patient: true })));
  });
}
