import type { Pool } from "pg";
import { Gauge, type Registry } from "prom-client";
import type { Log } from "../../platform/log.ts";
import { type Periodic, startPeriodic } from "../../platform/periodic.ts";

const states = ["ACCEPTED", "AWAITING_PROOF", "CREATING", "COMPENSATING"] as const;

/** Open registrations are those with a deadline: an index has them, so that the many finished ones cost nothing. */
const registrations = {
  name: "registrations_open",
  text: `select state, count(*)::int as count, count(*) filter (where sends > 1)::int as again,
           coalesce(extract(epoch from now() - min(create_time)), 0)::float8 as age
         from auth.registrations where next_send_time is not null group by state`,
};

const mails = {
  name: "mails_backlog",
  text: `select count(*) filter (where dead_time is null)::int as waiting, count(dead_time)::int as dead,
           coalesce(extract(epoch from now() - min(create_time) filter (where dead_time is null)), 0)::float8 as age
         from auth.mails`,
};

/** Tells how much the auth worker has before it, and for how long: registrations that are not finished, mails unsent. */
export function startBacklogMonitor(deps: {
  readonly pool: Pool;
  readonly log: Log;
  readonly metrics: Registry;
  readonly everyMs?: number;
}): Periodic {
  const { pool, log, everyMs = 5_000 } = deps;
  const { open, askedAgain, oldest, mailsWaiting, mailsAge, mailsDead } = backlogMetrics(deps.metrics);
  return startPeriodic({
    name: "backlog monitor",
    everyMs,
    log,
    async work() {
      type Open = { state: string; count: number; again: number; age: number };
      const { rows } = await pool.query<Open>(registrations);
      for (const state of states) open.set({ state }, rows.find((row) => row.state === state)?.count ?? 0);
      const machines = rows.filter(({ state }) => state !== "AWAITING_PROOF");
      askedAgain.set(machines.reduce((sum, { again }) => sum + again, 0));
      oldest.set(Math.max(0, ...machines.map(({ age }) => age)));
      const backlog = await pool.query<{ waiting: number; dead: number; age: number }>(mails);
      const { waiting = 0, dead = 0, age = 0 } = backlog.rows[0] ?? {};
      mailsWaiting.set(waiting);
      mailsAge.set(Math.max(0, age));
      mailsDead.set(dead);
    },
  });
}

function backlogMetrics(registry: Registry) {
  const registers = [registry];
  return {
    open: new Gauge({
      name: "limen_registrations_open",
      help: "Registrations on their way, by state; those in AWAITING_PROOF wait for a person",
      labelNames: ["state"] as const,
      registers,
    }),
    askedAgain: new Gauge({
      name: "limen_registrations_asked_again",
      help: "Registrations on their way whose command had to be sent more than once",
      registers,
    }),
    oldest: new Gauge({
      name: "limen_registrations_oldest_open_age_seconds",
      help: "Age of the oldest registration on its way that waits for no person; 0 when there is none",
      registers,
    }),
    mailsWaiting: new Gauge({
      name: "limen_mails_waiting",
      help: "Mails that have not left yet and will be tried again",
      registers,
    }),
    mailsAge: new Gauge({
      name: "limen_mails_oldest_age_seconds",
      help: "Age of the oldest of them; 0 when there is none",
      registers,
    }),
    mailsDead: new Gauge({
      name: "limen_mails_dead",
      help: "Mails that were given up and wait for an operator",
      registers,
    }),
  };
}
