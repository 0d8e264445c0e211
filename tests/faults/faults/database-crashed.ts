import { setTimeout as sleep } from "node:timers/promises";
import { createClient, somebody } from "../../support/client.ts";
import type { Fault, FaultContext } from "../fault.ts";
import { register, registerMeanwhile, until } from "./steps.ts";

export const databaseCrashed: Fault = {
  name: "F7",
  title: "PostgreSQL crashes and comes back",
  async inject(context) {
    for (let round = context.scaled(5, 1); round > 0; round--) await crash(context);
  },
};

interface Probe {
  readonly call: string;
  readonly status: number;
  readonly ms: number;
}

async function crash(context: FaultContext): Promise<void> {
  const { world, measure, time } = context;
  const [wish] = await register(context, 1);
  const { email = "", password = "" } = wish?.person ?? {};
  const token = (await createClient(world.url).login({ email, password })).accessToken;
  const id = wish?.attempts.at(-1)?.registrationId;

  const load = registerMeanwhile(context, { width: 4 });
  await world.database.crash();
  const probes: Probe[] = [];
  for (let round = 0; round < 4; round++) {
    probes.push(
      ...(await Promise.all([
        probe(world.url, "POST", "/api/v1/auth/register", { body: somebody() }),
        probe(world.url, "POST", "/api/v1/auth/login", { body: { email, password } }),
        probe(world.url, "POST", "/api/v1/auth/refresh", { body: { refreshToken: "none" } }),
        probe(world.url, "GET", `/api/v1/auth/registrations/${id}`, {}),
        probe(world.url, "GET", "/api/v1/users/me", { token }),
      ])),
    );
    await sleep(300);
  }
  // A malformed refresh token is refused without a look at the database.
  const answers = probes.filter(({ status }) => status !== 401);
  time("slowest call without a database", Math.max(...answers.map(({ ms }) => ms)), 1_500);
  measure("answers other than 503", answers.filter(({ status }) => status !== 503).length, { atMost: 0 });

  await world.restartDatabase();
  const login = () => probe(world.url, "POST", "/api/v1/auth/login", { body: { email, password } });
  const back = await until("a login succeeds", 20_000, async () => (await login()).status === 200);
  time("logins after its return", back, 5_000);
  await world.ready();
  await load.stop();
}

async function probe(
  url: string,
  method: string,
  path: string,
  { body, token }: { readonly body?: unknown; readonly token?: string },
): Promise<Probe> {
  const begin = performance.now();
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  await response.arrayBuffer();
  return { call: `${method} ${path}`, status: response.status, ms: performance.now() - begin };
}
