import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { kustomize } from "./checks/kubectl.ts";
import { type KubernetesObject, manifestProblems, parseManifests } from "./checks/manifests.ts";

const folder = join(import.meta.dirname, "k8s");

describe("the Kubernetes base", () => {
  let rendered: string;
  let objects: KubernetesObject[];
  let secrets: KubernetesObject[];
  before(async () => {
    rendered = await kustomize(join(folder, "base"));
    objects = parseManifests(rendered);
    secrets = parseManifests(await readFile(join(folder, "secrets.example.yaml"), "utf8"));
  });

  it("security 33: renders to objects that keep every rule", () => {
    assert.deepEqual(manifestProblems(objects, secrets), []);
  });

  it("asks for no Secret key that nothing uses, and suggests no value", () => {
    const used = new Set(
      [...rendered.matchAll(/secretKeyRef:\n\s+key: (\S+)\n\s+name: (\S+)/g)].map(([, k, n]) => `${n}/${k}`),
    );
    const asked = secrets.flatMap((secret) => {
      const { metadata, stringData } = secret as KubernetesObject & { stringData: Record<string, string> };
      assert.deepEqual(new Set(Object.values(stringData)), new Set([""]));
      return Object.keys(stringData).map((key) => `${metadata.name}/${key}`);
    });
    assert.deepEqual(new Set(asked), used);
  });

  /** Each plants one mistake in the rendered text and names the complaint it must cause. */
  const mistakes: [name: string, from: string | RegExp, to: string, complaint: RegExp][] = [
    ["a misspelt key", "readinessProbe:", "readinesProbe:", /readinesProbe unknown key/],
    ["a misspelt key deep inside", "failureThreshold: 30", "failureTreshold: 30", /failureTreshold unknown key/],
    ["a misspelt key at the top", /^automountServiceAccountToken/m, "automountToken", /automountToken unknown key/],
    ["a number that is none", "replicas: 2", "replicas: two", /\/spec\/replicas type/],
    ["a quantity that is none", "memory: 512Mi", "memory: 512 MB", /memory format/],
    ["a kind without a schema", "kind: Job", "kind: Jobb", /no schema for batch\/v1 Jobb/],
    ["a probe at another port", "port: management", "port: managment", /livenessProbe asks at port managment/],
    ["a probe at another path", "path: /readyz", "path: /ready", /readinessProbe asks \/ready, not \/readyz/],
    ["no port for the probes", "name: management", "name: metrics", /has no port named management/],
    ["a missing Secret key", "key: AUTH_AMQP_URL", "key: AMQP_URL", /no key AMQP_URL in a Secret limen-auth/],
    ["a missing Secret", "name: limen-migrations", "name: limen-owner", /in a Secret limen-owner/],
    [
      "a missing ConfigMap",
      /configMapRef:\n\s+name: limen-auth\S+/,
      "configMapRef: {name: limen-oath}",
      /no ConfigMap limen-oath/,
    ],
    ["a missing setting", /^ {2}TRUSTED_HOPS.*\n/m, "", /gateway: TRUSTED_HOPS is not set/],
    [
      "a setting too many",
      "  TRUSTED_HOPS:",
      '  DEBUG: "1"\n  TRUSTED_HOPS:',
      /gateway: DEBUG is none of its business/,
    ],
    [
      "a literal secret",
      /valueFrom:\n\s+secretKeyRef:\n\s+key: KEY_ENCRYPTION_KEY\n\s+name: limen-auth/,
      "value: c2VjcmV0",
      /KEY_ENCRYPTION_KEY must come from a Secret/,
    ],
    ["a password in a ConfigMap", "http://auth-http", "http://me:secret@auth-http", /JWKS_URL: is a secret/],
    ["a writable root", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", /readOnlyRootFilesystem/],
    ["a root user", "runAsUser: 10001", "runAsUser: 0", /runAsNonRoot/],
    ["kept capabilities", "- ALL", "- NET_RAW", /capabilities/],
    [
      "a mounted token",
      /^ {6}automountServiceAccountToken: false/m,
      "      automountServiceAccountToken: true",
      /automount/,
    ],
    ["service links", "enableServiceLinks: false", "enableServiceLinks: true", /enableServiceLinks/],
    ["no memory limit", /limits:\n\s+memory: \S+/, "limits: {}", /resources.limits.memory is not set/],
    [
      "a role without a Deployment",
      /^ {2}name: gateway\n(?=.*\nspec:\n {2}replicas)/m,
      "  name: gatway\n",
      /gateway: has no Deployment/,
    ],
    ["another role's argument", "- auth-worker\n", "- auth-api\n", /auth-worker: is started as auth-api/],
    [
      "too little time to stop",
      "terminationGracePeriodSeconds: 30",
      "terminationGracePeriodSeconds: 20",
      /has 20 s to stop/,
    ],
    ["a moving image tag", "image: limen:0.1.0", "image: limen:latest", /image limen:latest/],
    ["an address without a Service", "dns:///users-grpc:50051", "dns:///users:50051", /USERS_GRPC_TARGET: no Service/],
    [
      "a listener at another port",
      'AUTH_HTTP_PORT: "8082"',
      'AUTH_HTTP_PORT: "8083"',
      /AUTH_HTTP_PORT: no container port/,
    ],
    ["a gRPC Service with one address", "clusterIP: None", "type: ClusterIP", /must be headless/],
    [
      "a Service without pods",
      /(selector:\n\s+app.kubernetes.io\/component:) gateway/,
      "$1 getaway",
      /selects 0 Deployments/,
    ],
  ];
  for (const [name, from, to, complaint] of mistakes) {
    it(`is refused with ${name}`, () => {
      const spoilt = rendered.replace(from, to);
      assert.notEqual(spoilt, rendered, "nothing was planted");
      assert.match(manifestProblems(parseManifests(spoilt), secrets).join("\n"), complaint);
    });
  }
});
