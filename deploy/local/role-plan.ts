import type { Role } from "./launcher.ts";
import { nextFreePort } from "./ports.ts";
import type { ReadinessProbe } from "./readiness.ts";
import type { DevelopmentSecrets } from "./secrets.ts";

export type PlannedRole = Role & ReadinessProbe;

export interface Surroundings {
  /** What the user set; it has the last word. */
  readonly env: NodeJS.ProcessEnv;
  /** The gateway's public port. */
  readonly port: number;
  readonly usersUrl: string;
  readonly authUrl: string;
  readonly secrets: DevelopmentSecrets;
}

/** The ports of the listeners behind the gateway, by the variable that sets each, with the one it has when free. */
const internalPorts = {
  USERS_GRPC_PORT: 50_051,
  AUTH_GRPC_PORT: 50_052,
  USERS_HTTP_PORT: 8_081,
  AUTH_HTTP_PORT: 8_082,
} as const;

type InternalPorts = Record<keyof typeof internalPorts, string>;

/** Every role with its environment, in the order in which they start: the gateway last. */
export async function planRoles(surroundings: Surroundings): Promise<PlannedRole[]> {
  const taken = new Set([surroundings.port]);
  const ports = await choosePorts(surroundings.env, taken);
  const shared = sharedEnvironment(surroundings, ports);
  const plan: PlannedRole[] = [];
  for (const { name, file, args } of roles) {
    const managementPort = await nextFreePort(Number(surroundings.env.MANAGEMENT_PORT || 9_090), taken);
    plan.push({ name, file, args, managementPort, env: { ...shared, MANAGEMENT_PORT: String(managementPort) } });
  }
  return plan;
}

const roles = [
  { name: "users-api", file: "services/users/main.ts", args: ["api"] },
  { name: "users-worker", file: "services/users/main.ts", args: ["worker"] },
  { name: "auth-api", file: "services/auth/main.ts", args: ["api"] },
  { name: "auth-worker", file: "services/auth/main.ts", args: ["worker"] },
  { name: "gateway", file: "gateway/main.ts", args: [] },
] as const;

/** A port that the user named, or its usual one, or the next free one after it. */
export async function choosePorts(env: NodeJS.ProcessEnv, taken: Set<number>): Promise<InternalPorts> {
  const chosen: Partial<InternalPorts> = {};
  for (const [variable, usual] of Object.entries(internalPorts) as [keyof InternalPorts, number][]) {
    chosen[variable] = String(await nextFreePort(Number(env[variable] || usual), taken));
  }
  return chosen as InternalPorts;
}

/** What every role is told, whether it is a process of its own or not. */
export function sharedEnvironment({ env, port, usersUrl, authUrl, secrets }: Surroundings, ports: InternalPorts) {
  const {
    // The superuser's business ends with the migrations; each service knows its own role.
    DATABASE_URL: _superuser,
    MIGRATIONS_DATABASE_URL: _owner,
    ...given
  } = env;
  return {
    ...secrets,
    HOST: "127.0.0.1",
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    USERS_GRPC_TARGET: `dns:///127.0.0.1:${ports.USERS_GRPC_PORT}`,
    AUTH_GRPC_TARGET: `dns:///127.0.0.1:${ports.AUTH_GRPC_PORT}`,
    JWKS_URL: `http://127.0.0.1:${ports.AUTH_HTTP_PORT}/.well-known/jwks.json`,
    USERS_DATABASE_URL: usersUrl,
    AUTH_DATABASE_URL: authUrl,
    ...given,
    ...ports,
    PORT: String(port),
  };
}
