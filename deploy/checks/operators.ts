import type { IHTTPRoute } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute";
import type { IScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject";
import type { ITriggerAuthentication } from "@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication";
import type { IServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import type { IHorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import type { IPodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import type { IService } from "kubernetes-models/v1/Service";
import { limenQueues } from "../ops/limen-queues.ts";
import type { Surroundings } from "./pods.ts";

/** What works on the roles, or leads to them, names what is there. */
export interface Operated {
  readonly deployments: ReadonlyMap<string, IDeployment>;
  readonly services: ReadonlyMap<string, IService>;
  readonly budgets: ReadonlyMap<string, IPodDisruptionBudget>;
  readonly autoscalers: ReadonlyMap<string, IHorizontalPodAutoscaler>;
  readonly scaledObjects: ReadonlyMap<string, IScaledObject>;
  readonly triggerAuthentications: ReadonlyMap<string, ITriggerAuthentication>;
  readonly routes: ReadonlyMap<string, IHTTPRoute>;
  readonly monitors: ReadonlyMap<string, IServiceMonitor>;
}

export function* operatorProblems(operated: Operated, around: Surroundings): Generator<string> {
  for (const name of operated.deployments.keys()) {
    const selected = operated.budgets.get(name)?.spec?.selector?.matchLabels?.["app.kubernetes.io/component"];
    if (selected !== name) yield `${name}: has no PodDisruptionBudget`;
  }
  yield* scalingProblems(operated);
  yield* triggerProblems(operated, around);
  for (const [name, { spec }] of operated.routes) {
    for (const { name: service, port } of spec?.rules?.flatMap((rule) => rule.backendRefs ?? []) ?? []) {
      const ports = operated.services.get(service)?.spec?.ports ?? [];
      if (!ports.some((candidate) => candidate.port === port)) yield `HTTPRoute ${name}: no Service ${service}:${port}`;
    }
  }
  for (const [name, { spec }] of operated.monitors) {
    const wanted = Object.entries(spec?.selector.matchLabels ?? {});
    const service = [...operated.services.values()].find(({ metadata }) =>
      wanted.every(([key, value]) => metadata?.labels?.[key] === value),
    );
    for (const { port, path } of spec?.endpoints ?? []) {
      const isServed = service?.spec?.ports?.some((candidate) => candidate.name === port) === true;
      if (!isServed || path !== "/metrics") yield `ServiceMonitor ${name}: nothing at ${port}${path}`;
    }
  }
}

/** Who is scaled is there, is scaled by one alone, and has no number of its own that would be set back. */
function* scalingProblems({ deployments, autoscalers, scaledObjects }: Operated): Generator<string> {
  const scaled = [...autoscalers.values(), ...scaledObjects.values()].map(
    ({ spec }) => spec?.scaleTargetRef.name ?? "",
  );
  for (const name of scaled) {
    const deployment = deployments.get(name);
    if (deployment === undefined) yield `autoscaler: no Deployment ${name}`;
    else if (deployment.spec?.replicas !== undefined) yield `${name}: is scaled and has replicas of its own`;
    if (scaled.indexOf(name) !== scaled.lastIndexOf(name)) yield `${name}: is scaled by two`;
  }
}

/** A worker is scaled by the queues that it consumes, and by all of them, with its own broker user. */
function* triggerProblems(
  { scaledObjects, triggerAuthentications }: Operated,
  around: Surroundings,
): Generator<string> {
  for (const [name, { spec }] of scaledObjects) {
    const queues = spec?.triggers.map(({ metadata }) => metadata.queueName) ?? [];
    const own = limenQueues.filter(({ consumer }) => `${consumer}-worker` === spec?.scaleTargetRef.name);
    const names = own.map((queue) => queue.name);
    if (queues.toSorted().join() !== names.toSorted().join())
      yield `ScaledObject ${name}: is scaled by ${queues}, not ${names}`;
    for (const { authenticationRef } of spec?.triggers ?? []) {
      const secrets = triggerAuthentications.get(authenticationRef?.name ?? "")?.spec?.secretTargetRef ?? [];
      if (secrets.length === 0) yield `ScaledObject ${name}: no TriggerAuthentication ${authenticationRef?.name}`;
      for (const { name: secret, key } of secrets) {
        if (!around.secrets.get(secret)?.has(key)) yield `ScaledObject ${name}: no key ${key} in a Secret ${secret}`;
      }
    }
  }
}
