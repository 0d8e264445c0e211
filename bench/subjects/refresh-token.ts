import { randomUUID } from "node:crypto";
import pg from "pg";
import { createHttpClient } from "../clients/http.ts";
import { type KnownPerson, logIn, seedPeople } from "../clients/people.ts";
import { measureLoads } from "../measure-loads.ts";
import type { Subject } from "../subject.ts";

const clients = 32;

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
    return await measureLoads(bench, {
      subject: {
        work: { kind: "refresh", address: limen.authGrpc, refreshTokens },
        serving: limen.pidsOf("auth-api"),
      },
      limit: { work: { kind: "rotate", databaseUrl: limen.databaseUrl, sessionIds } },
    });
  },
};

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
