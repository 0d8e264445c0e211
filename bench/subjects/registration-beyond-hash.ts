import { createHttpClient } from "../clients/http.ts";
import { register } from "../clients/people.ts";
import { rawHash } from "../limits/argon2.ts";
import { median, percentile, spreadOf, timed } from "../measure.ts";
import { plainMeasurement, type Study } from "../subject.ts";
import { type RegistrationTimes, registrationHops } from "./registration-hops.ts";

const limit = "argon2 hash with the same parameters, on an idle machine";

/** What one registration takes when nobody else is there, without the hash that is slow on purpose. */
export const registrationBeyondHash: Study = {
  name: "registration-beyond-hash",
  figures: [
    {
      name: "registration-beyond-hash",
      what: "registration to 201, one client, without the time of its hash: median",
      limit,
      goal: { unit: "ms", atMost: 25 },
    },
    {
      name: "registration-beyond-hash-p99",
      what: "the same: 99th percentile",
      limit,
      goal: { unit: "ms", atMost: 80 },
    },
  ],
  async measure({ limen, pace, signal }) {
    const http = createHttpClient(limen.url);
    const beyondMs: number[] = [];
    const hashesMs: number[] = [];
    const registrations: RegistrationTimes[] = [];
    try {
      for (let i = 0; i < pace.registrations / 10; i++) {
        await rawHash();
        await register(http);
      }
      for (let i = 0; i < pace.registrations; i++) {
        signal.throwIfAborted();
        const hash = await timed(rawHash);
        const sentAt = Date.now();
        const { result: userId, ms } = await timed(() => register(http));
        hashesMs.push(hash.ms);
        beyondMs.push(ms - hash.ms);
        registrations.push({ userId, sentAt, answeredAt: Date.now() });
      }
    } finally {
      http.close();
    }
    const hashMs = median(hashesMs);
    const p50Ms = median(beyondMs);
    const p99Ms = percentile(beyondMs, 0.99) ?? p50Ms;
    const rates = { rate: 1_000 / (hashMs + p50Ms), limitRate: 1_000 / hashMs, p50Ms, p99Ms };
    return [
      {
        ...plainMeasurement(p50Ms, quartiles(beyondMs)),
        ...rates,
        parts: await registrationHops(limen.databaseUrl, registrations, hashMs),
      },
      { ...plainMeasurement(p99Ms, tailsOf(beyondMs)), ...rates },
    ];
  },
};

/** Of single calls, lowest and highest are accidents; half of them lie between these two. */
const quartiles = (values: readonly number[]): [number, number] => [
  percentile(values, 0.25) ?? 0,
  percentile(values, 0.75) ?? 0,
];

/** The 99th percentile in each third of the time. */
const tailsOf = (values: readonly number[]): [number, number] =>
  spreadOf(
    [0, 1, 2].map((third) => {
      const part = values.slice((third * values.length) / 3, ((third + 1) * values.length) / 3);
      return percentile(part, 0.99) ?? 0;
    }),
  );
