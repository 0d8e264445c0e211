import { Certificate } from "@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate";
import { Issuer } from "@kubernetes-models/cert-manager/cert-manager.io/v1/Issuer";
import { Cluster } from "@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/Cluster";
import { HTTPRoute } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute";
import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject";
import { TriggerAuthentication } from "@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication";
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { Job } from "kubernetes-models/batch/v1/Job";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Namespace } from "kubernetes-models/v1/Namespace";
import { Secret } from "kubernetes-models/v1/Secret";
import { Service } from "kubernetes-models/v1/Service";
import { ServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import { z } from "zod";

/** A class of kubernetes-models, for its schema. */
interface Model {
  readonly apiVersion: string;
  readonly kind: string;
  readonly prototype: { validate(): void };
}

/** The kinds that the manifests may use; a new kind is one line here. */
const models: readonly Model[] = [
  Certificate,
  Cluster,
  ConfigMap,
  Deployment,
  HTTPRoute,
  HorizontalPodAutoscaler,
  Issuer,
  Job,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  ScaledObject,
  Secret,
  Service,
  ServiceAccount,
  ServiceMonitor,
  StatefulSet,
  TriggerAuthentication,
];

/** Of rabbitmq.com/v1beta1 there is no model: as much of its definition as the manifests use. */
const rabbitmqCluster = z.strictObject({
  apiVersion: z.literal("rabbitmq.com/v1beta1"),
  kind: z.literal("RabbitmqCluster"),
  metadata: z.strictObject({ name: z.string(), namespace: z.string(), labels: z.record(z.string(), z.string()) }),
  spec: z.strictObject({
    replicas: z.int().optional(),
    image: z.string().optional(),
    persistence: z.strictObject({ storage: z.string(), storageClassName: z.string().optional() }).optional(),
    resources: z
      .record(z.enum(["requests", "limits"]), z.record(z.string(), z.union([z.string(), z.int()])))
      .optional(),
    rabbitmq: z.strictObject({ additionalConfig: z.string().optional() }).optional(),
    terminationGracePeriodSeconds: z.int().optional(),
  }),
});

/** What the Kubernetes API would refuse, or silently drop, in one object: wrong types, missing and unknown keys. */
export function schemaProblems(object: { apiVersion?: unknown; kind?: unknown }): string[] {
  if (object.kind === "RabbitmqCluster") {
    const { error } = rabbitmqCluster.safeParse(object);
    return (error?.issues ?? []).map(({ path, message }) => `/${path.join("/")} ${message}`);
  }
  const model = models.find(({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind);
  if (model === undefined) return [`no schema for ${object.apiVersion} ${object.kind}`];
  const { observed, unreadKeys } = observe(object);
  return [...refusals(model, observed), ...unreadKeys().map((path) => `${path} unknown key`)];
}

function refusals(model: Model, object: object): string[] {
  try {
    model.prototype.validate.call(object);
    return [];
  } catch (error) {
    const { errors = [] } = error as { errors?: readonly { instancePath: string; keyword: string; params: object }[] };
    if (errors.length === 0) throw error;
    return errors.map((e) => `${e.instancePath || "/"} ${e.keyword} ${JSON.stringify(e.params)}`);
  }
}

/**
 * The compiled schemas ignore keys that they do not know, and keep no list of those they do. But they read every key
 * they know: what was never read, no schema knows.
 */
function observe<T extends object>(root: T): { observed: T; unreadKeys: () => string[] } {
  const read = new Map<object, Set<PropertyKey>>();
  const wrap = <U extends object>(object: U): U => {
    const keys = read.get(object) ?? new Set<PropertyKey>();
    read.set(object, keys);
    return new Proxy(object, {
      get(target, key) {
        keys.add(key);
        const value: unknown = Reflect.get(target, key);
        return typeof value === "object" && value !== null ? wrap(value) : value;
      },
    });
  };
  const unread = (object: object, path: string): string[] =>
    Object.entries(object).flatMap(([key, value]) => {
      const here = `${path}/${key}`;
      if (!read.get(object)?.has(key)) return [here];
      return typeof value === "object" && value !== null ? unread(value, here) : [];
    });
  return { observed: wrap(root), unreadKeys: () => unread(root, "") };
}
