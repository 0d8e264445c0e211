import { randomUUID } from "node:crypto";
import { seedPeople } from "../clients/people.ts";
import { loginRequests } from "../clients/requests.ts";
import type { HttpRequest } from "../load/http-connection.ts";
import { withLoads } from "../load/load-process.ts";
import { areaUnderCurve, median, percentile, spreadOf } from "../measure.ts";
import { type Bench, type Part, plainMeasurement, type Subject } from "../subject.ts";

const classes = ["unknown", "wrong", "suspended", "invited"] as const;
type Class = (typeof classes)[number];

/** Of each class, before those that count. */
const warmUps = 10;

export const timing: Subject = {
  name: "timing",
  what: "time of refused logins (unknown, wrong, suspended, invited): the pair told apart best, area under its ROC curve",
  limit: "0.5, where they cannot be told apart",
  goal: { unit: "ratio", atMost: 0.55 },
  async measure(bench) {
    const { limen, pace, signal } = bench;
    const rounds = await shuffledRounds(bench, warmUps + pace.refusals);
    const requests = rounds.flatMap((round) => round.map(({ request }) => request));
    const work = { kind: "http", clients: 1, port: limen.port, requests, expected: 401 } as const;
    const latenciesMs = await withLoads({ work }, signal, async (loads) => {
      const times: number[] = [];
      // In stretches, so that an interruption need not wait for the end.
      while (times.length < requests.length) {
        const { latenciesMs } = await loads.work.run({ forMs: stretchMs });
        times.push(...latenciesMs);
      }
      return times;
    });

    const times: Record<Class, number[]> = { unknown: [], wrong: [], suspended: [], invited: [] };
    for (const [index, { name }] of rounds.flat().entries()) {
      if (index >= warmUps * classes.length) times[name].push(latenciesMs[index] ?? Number.NaN);
    }
    const pairs = classes.flatMap((one, index) => classes.slice(index + 1).map((other) => [one, other] as const));
    const areas = pairs.map(([one, other]) => areaUnderCurve(times[one], times[other]));
    const folded = areas.map((area) => Math.max(area, 1 - area));
    const all = Object.values(times).flat();
    return {
      ...plainMeasurement(Math.max(...folded), spreadOf(folded)),
      p50Ms: percentile(all, 0.5),
      p99Ms: percentile(all, 0.99),
      parts: [
        ...pairs.map(
          ([one, other], pair): Part => ({
            name: `area of ${one} against ${other}`,
            value: (areas[pair] ?? Number.NaN).toFixed(3),
          }),
        ),
        ...classes.map((name): Part => ({ name: `median of ${name}`, value: `${median(times[name]).toFixed(2)} ms` })),
      ],
    };
  },
};

const stretchMs = 2_000;

/** One request of each class in every round, in an order of its own; each address is used once. */
async function shuffledRounds({ limen }: Bench, count: number) {
  const { databaseUrl } = limen;
  const guess = "not the password of anybody";
  const requests: Record<Class, readonly HttpRequest[]> = {
    unknown: loginRequests(Array.from({ length: count }, () => ({ email: `person-${randomUUID()}-1@example.com` }))),
    wrong: loginRequests(await seedPeople(databaseUrl, count), guess),
    suspended: loginRequests(await seedPeople(databaseUrl, count, { status: "SUSPENDED" })),
    invited: loginRequests(await seedPeople(databaseUrl, count, { hasPassword: false }), guess),
  };
  return Array.from({ length: count }, (_, round) =>
    classes
      .flatMap((name) => {
        const request = requests[name][round];
        return request === undefined ? [] : [{ name, request, order: Math.random() }];
      })
      .toSorted((one, other) => one.order - other.order),
  );
}
