import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "../../support/client.ts";
import { type Call, type Credentials, everyCall } from "../every-call.ts";
import type { Fault, FaultContext } from "../fault.ts";
import { ops } from "../ops.ts";
import type { World } from "../world.ts";
import { register, registerMeanwhile, until } from "./steps.ts";

export const databaseCrashed: Fault = {
  name: "F7",
  title: "PostgreSQL crashes and comes back",
  async inject(context) {
    const credentials = await administrator(context);
    for (let round = context.scaled(5, 1); round > 0; round--) await crash(context, credentials);
  },
};

async function administrator(context: FaultContext): Promise<Credentials> {
  const { world } = context;
  const [wish] = await register(context, 1, { waitSeconds: 10 });
  if (wish === undefined) throw new Error("nobody registered");
  const { email, password } = wish.person;
  await ops(world, "roles", "grant", email, "admin");
  const tokens = await createClient(world.url).login({ email, password });
  return { email, password, registrationId: wish.attempts.at(-1)?.registrationId ?? "", ...tokens };
}

async function crash(context: FaultContext, credentials: Credentials): Promise<void> {
  const { world, measure, time } = context;
  const load = registerMeanwhile(context, { width: 4 });
  await world.database.crash();
  const answers: Answer[] = [];
  for (let round = 0; round < 4; round++) {
    answers.push(...(await Promise.all(everyCall(credentials).map((call) => ask(world, call, credentials)))));
    await sleep(300);
  }
  const wrong = answers.filter(({ status }) => status !== 503);
  for (const { name, status } of wrong) context.note(`${name} is answered with ${status}`);
  time("slowest call without a database", Math.max(...answers.map(({ ms }) => ms)), 1_500);
  measure("answers other than 503", wrong.length, { atMost: 0 });

  await world.restartDatabase();
  const { email, password } = credentials;
  const login: Call = { method: "POST", path: "/api/v1/auth/login", body: { email, password } };
  const me: Call = { method: "GET", path: "/api/v1/users/me" };
  const back = await until("logins and reads succeed", 20_000, async () => {
    const both = await Promise.all([ask(world, login, credentials), ask(world, me, credentials)]);
    return both.every(({ status }) => status === 200);
  });
  time("logins and reads after its return", back, 5_000);
  await world.ready();
  await load.stop();
}

interface Answer {
  readonly name: string;
  readonly status: number;
  readonly ms: number;
}

async function ask({ url }: World, { method, path, body }: Call, { accessToken }: Credentials): Promise<Answer> {
  const begin = performance.now();
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${accessToken}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  await response.arrayBuffer();
  return { name: `${method} ${path}`, status: response.status, ms: performance.now() - begin };
}
