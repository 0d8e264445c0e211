import { Counter, Histogram } from "prom-client";
import type { Log } from "../../platform/log.ts";
import type { Registrations } from "../application/ports.ts";
import { isFinished, type Registration } from "../domain/registration.ts";

const accepted = new Counter({
  name: "limen_registrations_accepted_total",
  help: "Registrations that were taken",
});

const finished = new Histogram({
  name: "limen_registration_duration_seconds",
  help: "From a registration's acceptance to its end, which is COMPLETED, REJECTED or FAILED",
  labelNames: ["state"] as const,
  buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3_600, 86_400],
});

export interface RegistrationChange {
  readonly registration: Registration;
  readonly isNew: boolean;
}

/** The same registrations; each change is also given to `changed`, in order. */
export function observeRegistrations(
  registrations: Registrations,
  changed: (change: RegistrationChange) => void,
): Registrations {
  return {
    ...registrations,
    async add(registration, keysSince) {
      const isNew = await registrations.add(registration, keysSince);
      if (isNew) changed({ registration, isNew });
      return isNew;
    },
    async save(registration) {
      await registrations.save(registration);
      changed({ registration, isNew: false });
    },
  };
}

/** What a commit has made of a registration: told of it by its id, and by nothing that belongs to the person. */
export function tellRegistration(log: Pick<Log, "info">, { registration, isNew }: RegistrationChange): void {
  const { id, userId, state, reason, sends, createTime, updateTime } = registration;
  const seconds = Math.max(0, updateTime.getTime() - createTime.getTime()) / 1_000;
  if (isNew) accepted.inc();
  if (isFinished(registration)) finished.observe({ state }, seconds);
  log.info({ event: "registration", registrationId: id, userId, state, reason, sends, seconds }, "registration");
}
