import { randomUUID } from "node:crypto";
import pg from "pg";
import { createHttpClient } from "../clients/http.ts";
import { type KnownPerson, logIn, seedPeople } from "../clients/people.ts";
import { barePath } from "../limits/bare-grpc-server.ts";
import { startLimitProcess } from "../limits/limit-process.ts";
import { withLoads } from "../load/load-process.ts";
import { measureLoads } from "../measure-loads.ts";
import type { Bench, Subject } from "../subject.ts";

const clients = 32;
/** Of an answer, about. */
const bytes = 600;

export const refreshToken: Subject = {
  name: "refresh-token",
  what: `RefreshToken over gRPC, ${clients} clients with a session each`,
  limit: "a conditional UPDATE … RETURNING and its commit with pg, 10 connections",
  goal: { unit: "ratio", atLeast: 0.5 },
  async measure(bench) {
    const { limen } = bench;
    const people = await seedPeople(limen.databaseUrl, clients);
    const http = createHttpClient(limen.url);
    const refreshTokens: string[] = [];
    try {
      for (const person of people) refreshTokens.push((await logIn(http, person)).refreshToken);
    } finally {
      http.close();
    }
    const sessionIds = await openSessions(limen.databaseUrl, people);
    const limit = { work: { kind: "rotate", databaseUrl: limen.databaseUrl, sessionIds } } as const;
    const measured = await measureLoads(bench, {
      subject: {
        work: { kind: "refresh", address: limen.authGrpc, refreshTokens },
        serving: limen.pidsOf("auth-api"),
      },
      limit,
    });
    const bare = await bareRefreshRate(bench, await openSessions(limen.databaseUrl, people));
    const ofLimit = bare / (measured.limitRate ?? Number.NaN);
    const value = `${ofLimit.toFixed(2)} of the limit, ${bare.toFixed(0)} a second`;
    return { ...measured, parts: [{ name: "grpc-js, that UPDATE, a signature, and nothing else", value }] };
  },
};

/** What the packages that everything stands on leave of the limit: calls a second. */
async function bareRefreshRate({ limen, pace, signal }: Bench, sessionIds: readonly string[]): Promise<number> {
  const server = await startLimitProcess("refresh-server.ts", [String(bytes)], { DATABASE_URL: limen.databaseUrl });
  const calls = sessionIds.map((id) => ({ message: Buffer.from(id) }));
  const work = { kind: "grpc", clients, address: server.address, path: barePath, calls } as const;
  try {
    return await withLoads({ refreshes: work }, signal, async ({ refreshes }) => {
      await refreshes.run({ forMs: pace.warmUpMs });
      const window = await refreshes.run({ forMs: 2 * pace.windowMs });
      return window.calls / window.seconds;
    });
  } finally {
    await server.stop();
  }
}

/** Other sessions of the same people, for nobody to refresh but the limit. */
async function openSessions(databaseUrl: string, people: readonly KnownPerson[]): Promise<string[]> {
  const sessions = people.map(({ userId }) => ({ id: randomUUID(), userId }));
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    await database.query(
      `insert into auth.sessions
         (id, user_id, salt, rotate_time, user_agent, ip_address, create_time, last_used_time, expire_time)
       select id, user_id, 'salt', now(), '', '', now(), now(), now() + interval '30 days'
       from unnest($1::uuid[], $2::uuid[]) as given (id, user_id)`,
      [sessions.map(({ id }) => id), sessions.map(({ userId }) => userId)],
    );
    return sessions.map(({ id }) => id);
  } finally {
    await database.end();
  }
}
