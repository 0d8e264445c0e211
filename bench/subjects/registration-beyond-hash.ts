import { createHttpClient } from "../clients/http.ts";
import { register } from "../clients/people.ts";
import { rawHash } from "../limits/argon2.ts";
import { median, percentile, timed } from "../measure.ts";
import type { Measurement, Subject } from "../subject.ts";
import { type RegistrationTimes, registrationHops } from "./registration-hops.ts";

const warmUps = 20;

/** What one registration takes when nobody else is there, without the hash that is slow on purpose. */
export const registrationBeyondHash: Subject = {
  name: "registration-beyond-hash",
  what: "registration to 201, one client, without the time of its hash",
  limit: "argon2 hash with the same parameters, on an idle machine",
  goal: { unit: "ms", atMost: 40 },
  async measure({ limen, pace, signal }): Promise<Measurement> {
    const http = createHttpClient(limen.url);
    const beyondMs: number[] = [];
    const hashesMs: number[] = [];
    const registrations: RegistrationTimes[] = [];
    try {
      for (let i = 0; i < warmUps; i++) {
        await rawHash();
        await register(http);
      }
      for (let i = 0; i < pace.registrations; i++) {
        signal.throwIfAborted();
        const hash = await timed(rawHash);
        const sentAt = Date.now();
        const { result, ms } = await timed(() => register(http));
        hashesMs.push(hash.ms);
        beyondMs.push(ms - hash.ms);
        registrations.push({ userId: result.userId, sentAt, answeredAt: Date.now() });
      }
    } finally {
      http.close();
    }
    const hashMs = median(hashesMs);
    const value = median(beyondMs);
    return {
      value,
      spread: [Math.min(...beyondMs), Math.max(...beyondMs)],
      rate: 1_000 / (hashMs + value),
      limitRate: 1_000 / hashMs,
      p50Ms: value,
      p99Ms: percentile(beyondMs, 0.99),
      cpuUsPerCall: null,
      limitCpuUsPerCall: null,
      driverBusy: null,
      limitDriverBusy: null,
      parts: await registrationHops(limen.databaseUrl, registrations, hashMs),
    };
  },
};
