import { encodePageToken } from "../../services/platform/page-token.ts";
import { createHttpClient } from "../clients/http.ts";
import { adminTokens, seedPeople } from "../clients/people.ts";
import { getUserRequests, loginRequests } from "../clients/requests.ts";
import type { HttpRequest } from "../load/http-connection.ts";
import { measureLoads } from "../measure-loads.ts";
import type { Bench, Figure, Measurement, Study } from "../subject.ts";
import { type Limen, startLimen } from "../system.ts";

const clients = 8;
const limit = "the same with 10 000 users";

const figure = (name: string, what: string): Figure => ({
  name,
  what: `${what}, ${clients} clients, with 1 000 000 users: how many times slower`,
  limit,
  goal: { unit: "ratio", atMost: 1.2 },
});

/** Two installations side by side, of which only one is at work at a time. */
export const growth: Study = {
  name: "growth",
  figures: [
    figure("growth-get-user", "GetUser through the gateway"),
    figure("growth-login", "login through the gateway"),
    figure("growth-list-page", "a page of 50 users, anywhere in the list, through the gateway"),
  ],
  async measure(bench) {
    const { servers, pace, signal } = bench;
    const started: Limen[] = [];
    const start = async (count: number): Promise<Installation> => {
      const limen = await startLimen(servers, { signal, roles: ["users-api", "auth-api", "gateway"] });
      started.push(limen);
      return await populate(limen, count, bench);
    };
    try {
      const few = await start(pace.fewUsers);
      const many = await start(pace.manyUsers);
      const kinds = ["getUser", "login", "listPage"] as const;
      const measurements: Measurement[] = [];
      for (const kind of kinds) measurements.push(await slowdown(bench, few, many, kind));
      return measurements;
    } finally {
      for (const limen of started) await limen.stop();
    }
  },
};

interface Installation {
  readonly limen: Limen;
  readonly requests: Readonly<Record<"getUser" | "login" | "listPage", readonly HttpRequest[]>>;
}

const sample = 1_000;

async function populate(limen: Limen, count: number, { pace }: Bench): Promise<Installation> {
  const people = await seedPeople(limen.databaseUrl, count, {}, Math.min(count, sample));
  const http = createHttpClient(limen.url);
  const accessTokens = await adminTokens(http, limen.databaseUrl, pace.variety);
  http.close();
  // Neighbours in the table are not neighbours in time.
  const shuffled = people.toSorted(() => Math.random() - 0.5);
  const getUser = getUserRequests(shuffled, accessTokens);
  const listPage = getUser.map((request, index) => ({
    ...request,
    path: `/api/v1/users?pageSize=50&pageToken=${encodePageToken(shuffled[index]?.userId ?? "")}`,
  }));
  return { limen, requests: { getUser, login: loginRequests(shuffled), listPage } };
}

async function slowdown(
  bench: Bench,
  few: Installation,
  many: Installation,
  kind: keyof Installation["requests"],
): Promise<Measurement> {
  const side = ({ limen, requests }: Installation) => ({
    work: {
      kind: "http",
      clients,
      port: limen.port,
      requests: requests[kind],
      expected: 200,
      mayRefuse: kind === "login",
    } as const,
    serving: limen.pidsOf("gateway", "auth-api", "users-api"),
  });
  const { value, spread, ...manyFigures } = await measureLoads(bench, { subject: side(many), limit: side(few) });
  return { ...manyFigures, value: 1 / value, spread: [1 / spread[1], 1 / spread[0]] };
}
