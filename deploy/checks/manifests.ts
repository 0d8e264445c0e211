import type { ICertificate } from "@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate";
import type { IServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import type { IJob } from "kubernetes-models/batch/v1/Job";
import type { INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import type { IConfigMap } from "kubernetes-models/v1/ConfigMap";
import type { ISecret } from "kubernetes-models/v1/Secret";
import type { IService } from "kubernetes-models/v1/Service";
import { parseAllDocuments } from "yaml";
import { arrowProblems, type Pods } from "./arrows.ts";
import { certificateProblems } from "./certificates.ts";
import { schemaProblems } from "./kubernetes-schemas.ts";
import { operatorProblems } from "./operators.ts";
import { environmentOf, longRunningProblems, podProblems, type Surroundings } from "./pods.ts";
import { isSecret, roles } from "./roles.ts";

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** @throws when a document is not well-formed YAML. */
export function parseManifests(yaml: string): KubernetesObject[] {
  return parseAllDocuments(yaml).map((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    return document.toJS() as KubernetesObject;
  });
}

/**
 * Everything that is wrong with the rendered manifests.
 * @param declaredSecrets the Secrets that an operator is asked to make.
 */
export function manifestProblems(
  objects: readonly KubernetesObject[],
  declaredSecrets: readonly KubernetesObject[],
): string[] {
  const malformed = objects.flatMap((o) => schemaProblems(o).map((text) => `${o.kind} ${o.metadata.name}: ${text}`));
  // The rules below read the objects by their types, which only the schemas vouch for.
  return malformed.length > 0 ? malformed : [...ruleProblems(objects, declaredSecrets)];
}

function* ruleProblems(objects: readonly KubernetesObject[], declared: readonly KubernetesObject[]): Generator<string> {
  const deployments = ofKind<IDeployment>(objects, "Deployment");
  const configMaps = ofKind<IConfigMap>(objects, "ConfigMap");
  const around: Surroundings = {
    serviceAccounts: new Set(ofKind(objects, "ServiceAccount").keys()),
    configMaps: new Map([...configMaps].map(([name, { data }]) => [name, new Map(Object.entries(data ?? {}))])),
    secrets: new Map(
      [...ofKind<ISecret>(declared, "Secret")].map(([name, { stringData }]) => [
        name,
        new Set(Object.keys(stringData ?? {})),
      ]),
    ),
  };

  for (const name of new Set([...deployments.keys(), ...Object.keys(roles)])) {
    const deployment = deployments.get(name);
    if (deployment?.spec === undefined) yield `${name}: has no Deployment`;
    else if (!(name in roles)) yield `${name}: is no role`;
    else {
      yield* podProblems(name, deployment.spec.template, around);
      yield* longRunningProblems(name, deployment.spec.template, around);
      const { matchLabels } = deployment.spec.selector;
      if (!selects(matchLabels, deployment)) yield `${name}: does not select its own pods`;
    }
  }
  const migration = ofKind<IJob>(objects, "Job").get("migrate");
  if (migration?.spec === undefined) yield "migrate: has no Job";
  else yield* podProblems("migrate", migration.spec.template, around);

  const services = new Map(
    [...ofKind<IService>(objects, "Service")].filter(([, { spec }]) => belongsToLimen(spec?.selector)),
  );
  const pods = [...deployments, ...ofKind<IJob>(objects, "Job")].map(([name, object]) => podsOf(name, object, around));
  const monitors = ofKind<IServiceMonitor>(objects, "ServiceMonitor");
  yield* addressProblems(services, deployments, around);
  yield* literalSecretProblems(objects, around);
  yield* arrowProblems(
    [...ofKind<INetworkPolicy>(objects, "NetworkPolicy").values()],
    pods,
    rolesByAddress(services, deployments),
    monitors.size > 0,
  );
  yield* certificateProblems(ofKind<ICertificate>(objects, "Certificate"), deployments, pods);
  yield* operatorProblems(
    {
      deployments,
      services,
      monitors,
      budgets: ofKind(objects, "PodDisruptionBudget"),
      autoscalers: ofKind(objects, "HorizontalPodAutoscaler"),
      scaledObjects: ofKind(objects, "ScaledObject"),
      triggerAuthentications: ofKind(objects, "TriggerAuthentication"),
      routes: ofKind(objects, "HTTPRoute"),
    },
    around,
  );
}

/** Engines in an overlay have Services too. */
const belongsToLimen = (selector: IServiceSelector): boolean => selector?.["app.kubernetes.io/name"] === "limen";
type IServiceSelector = Readonly<Record<string, string>> | undefined;

function podsOf(name: string, { metadata, spec }: IDeployment | IJob, around: Surroundings): Pods {
  const container = spec?.template.spec?.containers[0];
  return {
    name,
    namespace: metadata?.namespace ?? "",
    labels: spec?.template.metadata?.labels ?? {},
    ports: container?.ports ?? [],
    env: environmentOf(container, around),
  };
}

function rolesByAddress(
  services: ReadonlyMap<string, IService>,
  deployments: ReadonlyMap<string, IDeployment>,
): ReadonlyMap<string, string> {
  const addresses = new Map<string, string>();
  for (const [name, { spec }] of services) {
    for (const [role] of [...deployments].filter(([, deployment]) => selects(spec?.selector, deployment))) {
      for (const { port } of spec?.ports ?? []) addresses.set(`${name}:${port}`, role);
    }
  }
  return addresses;
}

function ofKind<T>(objects: readonly KubernetesObject[], kind: string): Map<string, T> {
  return new Map(objects.filter((o) => o.kind === kind).map((o) => [o.metadata.name, o as T]));
}

function selects(selector: Readonly<Record<string, string>> | undefined, { spec }: IDeployment): boolean {
  const labels = spec?.template.metadata?.labels ?? {};
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 1 && wanted.every(([key, value]) => labels[key] === value);
}

/** A Service leads to a port that some Deployment has, and every address in a ConfigMap to a Service. */
function* addressProblems(
  services: ReadonlyMap<string, IService>,
  deployments: ReadonlyMap<string, IDeployment>,
  { configMaps }: Surroundings,
): Generator<string> {
  const served = new Set<string>();
  for (const [name, { spec }] of services) {
    const behind = [...deployments.values()].filter((deployment) => selects(spec?.selector, deployment));
    const wanted = name === "management" ? deployments.size : 1;
    if (behind.length !== wanted) yield `Service ${name}: selects ${behind.length} Deployments`;
    const ports = behind.flatMap((deployment) => deployment.spec?.template.spec?.containers[0]?.ports ?? []);
    for (const { port, targetPort } of spec?.ports ?? []) {
      served.add(`${name}:${port}`);
      const target = ports.find((candidate) => candidate.name === targetPort);
      if (target?.containerPort !== port) yield `Service ${name}: nothing listens at ${targetPort} (${port})`;
    }
    if (name.endsWith("-grpc") && spec?.clusterIP !== "None") yield `Service ${name}: must be headless`;
  }
  const settings = [...configMaps.values()].flatMap((map) => [...map]);
  for (const [variable, value] of settings) {
    if (!/_TARGET$|^JWKS_URL$/.test(variable)) continue;
    const [, address] = /^(?:dns:\/\/\/|http:\/\/)([^/]+)/.exec(value) ?? [];
    if (address !== undefined && !served.has(address)) yield `${variable}: no Service at ${address}`;
  }
  const listening = new Set(
    [...deployments.values()]
      .flatMap((d) => d.spec?.template.spec?.containers[0]?.ports ?? [])
      .map((p) => p.containerPort),
  );
  for (const [variable, value] of settings) {
    if (/(^|_)PORT$/.test(variable) && !listening.has(Number(value))) yield `${variable}: no container port ${value}`;
  }
}

function* literalSecretProblems(objects: readonly KubernetesObject[], { configMaps }: Surroundings): Generator<string> {
  for (const { kind, metadata } of objects)
    if (kind === "Secret") yield `Secret ${metadata.name}: does not belong here`;
  for (const [variable, value] of [...configMaps.values()].flatMap((map) => [...map])) {
    if (isSecret(variable) || /:\/\/[^/]*@/.test(value)) yield `${variable}: is a secret in a ConfigMap`;
  }
}
