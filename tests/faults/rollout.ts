import { setTimeout as sleep } from "node:timers/promises";
import { startBalancer } from "./balancer.ts";
import type { FaultContext } from "./fault.ts";
import { register, restartAll } from "./faults/steps.ts";
import { allRoles, type RoleName, type Variables, type World } from "./world.ts";

/**
 * How long an instance serves on after SIGTERM: what the balancer takes to see that it is not ready any more, and what
 * gRPC clients take to find the new one, whose address refused them a moment ago. deploy/k8s has 5 s.
 */
const delay = { SHUTDOWN_DELAY: "1500ms" };

/** Every role's instance is replaced by its twin, "<role>-2", and the other way round. */
export interface Rollout {
  there(): Promise<void>;
  back(): Promise<void>;
}

/**
 * As an orchestrator does it, all roles side by side: it starts another instance, and as soon as that is ready it tells the
 * old one to stop. Each request has a connection of its own, since no server can prevent that it closes an idle one under
 * the request that is just being sent (RFC 9112, section 9.5). No request is repeated, and none may fail.
 */
export async function rollOutUnderLoad(
  context: FaultContext,
  work: (rollout: Rollout) => Promise<void>,
): Promise<void> {
  const { world, scaled, measure, time } = context;
  const twins = await Promise.all(allRoles.map(world.add));
  const balancer = await startBalancer(["gateway", "gateway-2"].map(world.ports));
  const auth = await startBalancer(["auth-api", "auth-api-2"].map(world.ports));
  const env = { ...delay, ...targets(world), JWKS_URL: `${auth.url}/.well-known/jwks.json` };
  await restartAll(world, ["auth-api", "users-api"], env);
  await world.ready();
  // The gateway last, as everywhere: one that finds no service at all tries each of its connections again at another time.
  await restartAll(world, ["gateway"], env);
  await world.ready();
  await Promise.all([balancer.ask(), auth.ask()]);
  const load = callMeanwhile(context, balancer.url);
  let slowest = 0;
  async function replace(old: string, next: string): Promise<void> {
    await world.restart(next, env);
    await world.ready([next]);
    slowest = Math.max(slowest, await world.roles.stop(old));
  }
  await work({
    there: async () => void (await Promise.all(allRoles.map((role) => replace(role, `${role}-2`)))),
    back: async () => void (await Promise.all(allRoles.map((role) => replace(`${role}-2`, role)))),
  });
  const { calls, failures } = await load.stop();
  await Promise.all([balancer.close(), auth.close()]);
  for (const failure of failures.slice(0, 5)) context.note(failure);
  time("slowest exit", slowest, 20_000);
  measure("requests", calls, { atLeast: scaled(300, 30) });
  measure("failed requests", failures.length, { atMost: 0 });
  await Promise.all(twins.map(world.remove));
  // Its keys came by the balancer that is gone.
  await restartAll(world, ["users-api"]);
  await world.ready();
}

/** Both addresses of each service. */
function targets(world: World): Variables {
  const of = (role: RoleName) => `ipv4:${[role, `${role}-2`].map((name) => `127.0.0.1:${world.ports(name).grpc}`)}`;
  return { AUTH_GRPC_TARGET: of("auth-api"), USERS_GRPC_TARGET: of("users-api") };
}

/** Registrations, logins and reads. What is answered with 5xx, or not at all, has failed. */
function callMeanwhile(context: FaultContext, url: string) {
  let isOver = false;
  let calls = 0;
  const failures: string[] = [];

  async function call(method: string, path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
    calls += 1;
    try {
      const headers = { ...init.headers, connection: "close" };
      const response = await fetch(url + path, { ...init, method, headers, signal: AbortSignal.timeout(15_000) });
      const body = JSON.parse(await response.text());
      if (!response.ok) failures.push(`${method} ${path}: ${response.status} ${body.reason}`);
      return body;
    } catch (error) {
      failures.push(`${method} ${path}: ${error instanceof Error ? String(error.cause ?? error) : error}`);
      return {};
    }
  }

  async function onePerson(): Promise<void> {
    const [wish] = await register(context, 1, { url, patienceMs: 0, ownConnections: true });
    const attempt = wish?.attempts[0];
    calls += 1;
    if (wish === undefined || attempt === undefined) return;
    if (attempt.outcome !== "acknowledged") {
      failures.push(`register: ${attempt.status} ${attempt.reason}`);
      return;
    }
    const { registration } = await call("GET", `/api/v1/auth/registrations/${attempt.registrationId}?wait=5s`);
    if ((registration as { state?: string } | undefined)?.state !== "COMPLETED") return;
    const { email, password } = wish.person;
    const { tokens } = await call("POST", "/api/v1/auth/login", {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    const { accessToken } = (tokens ?? {}) as { accessToken?: string };
    await call("GET", "/api/v1/users/me", { headers: { authorization: `Bearer ${accessToken}` } });
  }

  const lane = async (): Promise<void> => {
    while (!isOver && !context.over.aborted) {
      await onePerson();
      await sleep(20);
    }
  };
  const lanes = [lane(), lane(), lane()];
  return {
    async stop() {
      isOver = true;
      await Promise.all(lanes);
      return { calls, failures };
    },
  };
}
