import type { IContainer } from "kubernetes-models/v1/Container";
import type { IPodTemplateSpec } from "kubernetes-models/v1/PodTemplateSpec";
import type { IProbe } from "kubernetes-models/v1/Probe";
import { drainSeconds, environmentProblems, isSecret, sampleSecrets } from "./roles.ts";

/** What a pod may refer to: names of objects, and of the keys in them. */
export interface Surroundings {
  readonly serviceAccounts: ReadonlySet<string>;
  readonly configMaps: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly secrets: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The rules for every pod: one container with its role as argument, confined, sized, and told what it needs. */
export function* podProblems(name: string, pod: IPodTemplateSpec, around: Surroundings): Generator<string> {
  const [container, ...others] = pod.spec?.containers ?? [];
  if (container === undefined || others.length > 0) return yield `${name}: must have one container`;
  if (container.args?.join(" ") !== name) yield `${name}: is started as ${container.args?.join(" ")}`;
  if (!/^(.+\/)?limen:(?!latest$)[\w.-]+$/.test(container.image ?? "")) yield `${name}: image ${container.image}`;
  if (!around.serviceAccounts.has(pod.spec?.serviceAccountName ?? ""))
    yield `${name}: has no ServiceAccount of its own`;
  yield* confinementProblems(name, pod, container);
  for (const amount of ["requests.cpu", "requests.memory", "limits.memory"] as const) {
    const [kind, resource] = amount.split(".") as ["requests" | "limits", string];
    if (container.resources?.[kind]?.[resource] === undefined) yield `${name}: resources.${amount} is not set`;
  }
  yield* referenceProblems(name, container, around);
  yield* environmentProblems(name, environmentOf(container, around));
}

/** Pod Security Standard "restricted", plus a read-only root and nothing from the cluster that was not asked for. */
function* confinementProblems(name: string, { spec: pod }: IPodTemplateSpec, container: IContainer): Generator<string> {
  const capabilities = container.securityContext?.capabilities;
  const rules: Record<string, boolean> = {
    runAsNonRoot: pod?.securityContext?.runAsNonRoot === true && (pod.securityContext.runAsUser ?? 0) > 0,
    seccompProfile: pod?.securityContext?.seccompProfile?.type === "RuntimeDefault",
    automountServiceAccountToken: pod?.automountServiceAccountToken === false,
    enableServiceLinks: pod?.enableServiceLinks === false,
    allowPrivilegeEscalation: container.securityContext?.allowPrivilegeEscalation === false,
    readOnlyRootFilesystem: container.securityContext?.readOnlyRootFilesystem === true,
    capabilities: capabilities?.drop?.join() === "ALL" && capabilities.add === undefined,
  };
  for (const [rule, kept] of Object.entries(rules)) if (!kept) yield `${name}: ${rule} is not as it must be`;
}

/** The container's environment, secrets as they might be; an empty variable counts as unset, as it does for the process. */
export function environmentOf(container: IContainer | undefined, around: Surroundings): ReadonlyMap<string, string> {
  const env = new Map<string, string>();
  for (const { configMapRef } of container?.envFrom ?? []) {
    for (const [variable, value] of around.configMaps.get(configMapRef?.name ?? "") ?? []) env.set(variable, value);
  }
  for (const { name, value, valueFrom } of container?.env ?? []) {
    env.set(name, valueFrom === undefined ? (value ?? "") : (sampleSecrets[name] ?? ""));
  }
  return new Map([...env].filter(([, value]) => value !== ""));
}

/** What the container refers to is there, and secrets are secrets. */
function* referenceProblems(name: string, container: IContainer, around: Surroundings): Generator<string> {
  for (const { configMapRef } of container.envFrom ?? []) {
    if (!around.configMaps.has(configMapRef?.name ?? "")) yield `${name}: no ConfigMap ${configMapRef?.name}`;
  }
  for (const { name: variable, valueFrom } of container.env ?? []) {
    const secret = valueFrom?.secretKeyRef;
    if (secret === undefined) {
      if (isSecret(variable)) yield `${name}: ${variable} must come from a Secret`;
    } else if (!around.secrets.get(secret.name ?? "")?.has(secret.key)) {
      yield `${name}: no key ${secret.key} in a Secret ${secret.name}`;
    }
  }
}

/** The rules for pods that stay: probes at the management listener, and time to drain. */
export function* longRunningProblems(
  name: string,
  { spec: pod }: IPodTemplateSpec,
  around: Surroundings,
): Generator<string> {
  const container = pod?.containers[0];
  const ports = new Map(container?.ports?.map((port) => [port.name, port.containerPort]));
  const probes: [string, IProbe | undefined, string][] = [
    ["startupProbe", container?.startupProbe, "/livez"],
    ["livenessProbe", container?.livenessProbe, "/livez"],
    ["readinessProbe", container?.readinessProbe, "/readyz"],
  ];
  for (const [kind, probe, path] of probes) {
    if (probe?.httpGet?.path !== path) yield `${name}: ${kind} asks ${probe?.httpGet?.path}, not ${path}`;
    if (probe?.httpGet?.port !== "management") yield `${name}: ${kind} asks at port ${probe?.httpGet?.port}`;
  }
  if (!ports.has("management")) yield `${name}: has no port named management`;
  const grace = pod?.terminationGracePeriodSeconds ?? 0;
  const delay = environmentOf(container, around).get("SHUTDOWN_DELAY") ?? "0s";
  const needed = Number.parseInt(delay, 10) + drainSeconds;
  if (!/^\d+s$/.test(delay)) yield `${name}: SHUTDOWN_DELAY is not in seconds`;
  if (grace < needed) yield `${name}: has ${grace} s to stop and needs ${needed}`;
}
