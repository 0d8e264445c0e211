import type { INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { type Endpoint, permits } from "./network.ts";
import { containers } from "./roles.ts";

/** A role's pods: what they are called, what they listen at and what they are told. */
export interface Pods extends Endpoint {
  readonly ports: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly env: ReadonlyMap<string, string>;
}

const stranger: Endpoint = { name: "a stranger", namespace: "elsewhere", labels: {} };
const prometheus: Endpoint = { name: "Prometheus", namespace: "monitoring", labels: {} };
const nameService: Endpoint = { name: "the name service", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } };

/** What is outside, by the setting that leads there and the ports that it is known by. */
const engines: readonly { readonly setting: RegExp; readonly name: string; readonly ports: readonly number[] }[] = [
  { setting: /DATABASE_URL$/, name: "PostgreSQL", ports: [5432] },
  { setting: /AMQP_URL$/, name: "RabbitMQ", ports: [5671, 5672] },
  { setting: /^SMTP_URL$/, name: "the mail server", ports: [465, 587] },
];

/**
 * Every connection that the roles make, by what each of them reads of its settings, is let pass; and no other connection
 * is, between the roles, with the engines, or with anybody else.
 * @param roleAt the role behind the address of a Service, "auth-grpc:50052"
 */
export function* arrowProblems(
  policies: readonly INetworkPolicy[],
  pods: readonly Pods[],
  roleAt: ReadonlyMap<string, string>,
  isMonitored: boolean,
): Generator<string> {
  function* judge(from: Endpoint, to: Endpoint, port: number, isWanted: boolean): Generator<string> {
    const isPermitted = permits(policies, from, to, port);
    if (isWanted && !isPermitted) yield `NetworkPolicy: ${from.name} does not reach ${to.name} at ${port}`;
    if (isPermitted && !isWanted) yield `NetworkPolicy: ${from.name} reaches ${to.name} at ${port} and has no need to`;
  }

  for (const from of pods) {
    const targets = new Set(addresses(from).map((address) => `${roleAt.get(address)}:${address.split(":")[1]}`));
    for (const to of pods) {
      for (const { containerPort: port } of to.ports) yield* judge(from, to, port, targets.has(`${to.name}:${port}`));
    }
    for (const { setting, name, ports } of engines) {
      const isRead = [...from.env.keys()].some((variable) => setting.test(variable));
      for (const port of ports) yield* judge(from, { ...stranger, name }, port, isRead);
    }
    yield* judge(from, nameService, 53, true);
    const { namespace, port, isRead } = collectorOf(from);
    yield* judge(from, { ...stranger, name: "the collector", namespace }, port, isRead);
    for (const anywhere of [443, port]) yield* judge(from, { ...stranger, name: "the world" }, anywhere, false);
  }
  for (const to of pods) {
    for (const { name, containerPort: port } of to.ports) {
      yield* judge(stranger, to, port, to.name === "gateway" && name === "http");
      yield* judge(prometheus, to, port, name === "management" ? isMonitored : to.name === "gateway");
    }
  }
}

/** "users-grpc:50051": where a role's settings send it, as far as it reads them. */
function addresses({ name, env }: Pods): string[] {
  const read = [...env].filter(([variable]) => containers[name]?.names.has(variable));
  return read.flatMap(([, value]) => /^(?:dns:\/\/\/|http:\/\/)([^/]+:\d+)/.exec(value)?.[1] ?? []);
}

/** Where a role sends its spans, "http://otel-collector.monitoring:4318"; or would, if it were told to. */
function collectorOf({ name, namespace, env }: Pods): { namespace: string; port: number; isRead: boolean } {
  const variable = "OTEL_EXPORTER_OTLP_ENDPOINT";
  const url = containers[name]?.names.has(variable) ? env.get(variable) : undefined;
  if (url === undefined) return { namespace: prometheus.namespace, port: 4318, isRead: false };
  const { hostname, port } = new URL(url);
  return { namespace: hostname.split(".")[1] ?? namespace, port: Number(port), isRead: true };
}
