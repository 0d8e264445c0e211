import { validate as deployment } from "kubernetes-models/_schemas/IoK8sApiAppsV1Deployment";
import { validate as job } from "kubernetes-models/_schemas/IoK8sApiBatchV1Job";
import { validate as configMap } from "kubernetes-models/_schemas/IoK8sApiCoreV1ConfigMap";
import { validate as namespace } from "kubernetes-models/_schemas/IoK8sApiCoreV1Namespace";
import { validate as secret } from "kubernetes-models/_schemas/IoK8sApiCoreV1Secret";
import { validate as service } from "kubernetes-models/_schemas/IoK8sApiCoreV1Service";
import { validate as serviceAccount } from "kubernetes-models/_schemas/IoK8sApiCoreV1ServiceAccount";

/** A compiled schema; after a refusal it holds the reasons, as ajv's functions do. */
interface Validate {
  (data: unknown): boolean;
  readonly errors?: readonly { instancePath: string; keyword: string; params: object }[] | null;
}

/** The kinds that the manifests may use; a new kind is one line here. */
const schemas: Readonly<Record<string, Validate>> = {
  "apps/v1 Deployment": deployment,
  "batch/v1 Job": job,
  "v1 ConfigMap": configMap,
  "v1 Namespace": namespace,
  "v1 Secret": secret,
  "v1 Service": service,
  "v1 ServiceAccount": serviceAccount,
};

/** What the Kubernetes API would refuse, or silently drop, in one object: wrong types, missing and unknown keys. */
export function schemaProblems(object: { apiVersion?: unknown; kind?: unknown }): string[] {
  const validate = schemas[`${object.apiVersion} ${object.kind}`];
  if (validate === undefined) return [`no schema for ${object.apiVersion} ${object.kind}`];
  const { observed, unreadKeys } = observe(object);
  const valid = validate(observed);
  const refused = valid ? [] : (validate.errors ?? []);
  return [
    ...refused.map((e) => `${e.instancePath || "/"} ${e.keyword} ${JSON.stringify(e.params)}`),
    ...unreadKeys().map((path) => `${path} unknown key`),
  ];
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
