import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
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
    secrets = await exampleSecrets();
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

  const mistakes: Mistake[] = [
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
    ["a missing setting", /^ {2}MAIL_FROM.*\n/m, "", /auth-worker: MAIL_FROM: is required in production/],
    ["a misspelt setting", "  TRUSTED_HOPS:", "  TRUSTED_HOP:", /gateway: TRUSTED_HOP is read by nobody/],
    ["a setting that is refused", 'PORT: "8080"', 'PORT: "http"', /gateway: PORT: /],
    [
      "another service's secret",
      /- name: USERS_DATABASE_URL\n(?=[\s\S]*?serviceAccountName: users-worker)/,
      "- name: AUTH_DATABASE_URL\n",
      /users-(api|worker): AUTH_DATABASE_URL is none of its business/,
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
  itRefuses(mistakes, () => ({ rendered, secrets }));

  const arrows: Mistake[] = [
    [
      "no policy for gRPC from the gateway",
      policy("auth-api"),
      "",
      /gateway does not reach auth-api at 50052[\s\S]*users-api does not reach auth-api at 50052/,
    ],
    [
      "a policy at another port",
      "- port: 50051\n    to:",
      "- port: 50052\n    to:",
      /gateway does not reach users-api at 50051/,
    ],
    ["no way to the name service", "k8s-app", "app", /gateway does not reach the name service at 53/],
    ["no default", policy("default-deny"), "", /a stranger reaches auth-worker at 9090 and has no need to/],
    ["no way to the database", policy("database"), "", /migrate does not reach PostgreSQL at 5432/],
    [
      "a way to the database for the gateway",
      /- auth-worker\n {6}- migrate\n/,
      "$&      - gateway\n",
      /gateway reaches PostgreSQL/,
    ],
    [
      "an arrow that no setting needs",
      /^ {2}JWKS_URL.*\n/m,
      "",
      /users-api reaches auth-api at 8082 and has no need to/,
    ],
    [
      "a mail server for everybody",
      /app.kubernetes.io\/component: auth-worker\n(?= {6}app.kubernetes.io\/name: limen\n {2}policyTypes)/,
      "",
      /gateway reaches the mail server at 465/,
    ],
  ];
  itRefuses(arrows, () => ({ rendered, secrets }));
});

describe("the overlays", () => {
  it("local renders to objects that keep every rule", async () => {
    const own = parseManifests(await readFile(join(folder, "overlays/local/secrets.example.yaml"), "utf8"));
    const rendered = await kustomize(join(folder, "overlays/local"));
    const secrets = [...own, ...(await exampleSecrets())];
    assert.deepEqual(manifestProblems(parseManifests(rendered), secrets), []);
  });

  it("examples of engines render beside the base to objects that keep every rule", async () => {
    const directory = await mkdtemp(join(tmpdir(), "limen-engines-"));
    const parts = {
      resources: [relative(directory, join(folder, "base"))],
      components: ["rabbitmq-cluster", "cloudnative-pg"].map((name) =>
        relative(directory, join(folder, "components", name)),
      ),
    };
    await writeFile(join(directory, "kustomization.yaml"), JSON.stringify(parts));
    const objects = parseManifests(await kustomize(directory));
    await rm(directory, { recursive: true });
    assert.deepEqual(manifestProblems(objects, await exampleSecrets()), []);
    const sizes = objects.flatMap((o) => ("spec" in o ? [o.spec as { replicas?: number; instances?: number }] : []));
    assert.ok(sizes.some(({ instances }) => instances === 3));
  });
});

describe("the production overlay", () => {
  let rendered: string;
  let secrets: KubernetesObject[];
  before(async () => {
    rendered = await kustomize(join(folder, "overlays/production"));
    secrets = await exampleSecrets();
  });

  it("renders to objects that keep every rule", () => {
    assert.deepEqual(manifestProblems(parseManifests(rendered), secrets), []);
  });

  it("has certificates in the place of service credentials, and no way for the keys of tokens but gRPC", () => {
    assert.doesNotMatch(rendered, /SERVICE_CREDENTIALS|keys-from-auth-api|port: 8082\n {4}to:/);
    assert.equal(rendered.match(/name: TLS_DIR/g)?.length, 3);
  });

  itRefuses(
    [
      ["a misspelt key of KEDA", "maxReplicaCount", "maxReplicasCount", /maxReplicasCount unknown key/],
      ["a misspelt key of cert-manager", "renewBefore", "renewBefor", /renewBefor unknown key/],
      ["a misspelt key of the Gateway API", "backendRefs", "backendRef", /backendRef unknown key/],
      ["a misspelt key of the Prometheus Operator", "podTargetLabels", "podTargetLabel", /podTargetLabel unknown key/],
      [
        "a worker that is scaled by no queue of its own",
        "queueName: auth_user_events",
        "queueName: user_events",
        /ScaledObject auth-worker: is scaled by/,
      ],
      [
        "a broker's URL that is nowhere",
        "key: USERS_AMQP_URL\n    name: limen-users\n    parameter",
        "key: AMQP_URL\n    name: limen-users\n    parameter",
        /no key AMQP_URL/,
      ],
      [
        "two who decide about replicas",
        /( {2}name: gateway\n {2}namespace: limen\nspec:\n)(?= {2}selector)/,
        "$1  replicas: 2\n",
        /gateway: is scaled and has replicas/,
      ],
      [
        "an autoscaler of nobody",
        /kind: Deployment\n {4}name: gateway/,
        "kind: Deployment\n    name: getaway",
        /no Deployment getaway/,
      ],
      [
        "a role without a budget",
        /kind: PodDisruptionBudget\nmetadata:\n((?: {4}.*\n| {2}labels:\n)*) {2}name: gateway/,
        "kind: PodDisruptionBudget\nmetadata:\n$1  name: getaway",
        /gateway: has no PodDisruptionBudget/,
      ],
      ["a route to nowhere", /(- name: gateway\n {6}port:) 8080/, "$1 80", /HTTPRoute gateway: no Service gateway:80/],
      [
        "metrics at another port",
        "port: management\n  jobLabel",
        "port: metrics\n  jobLabel",
        /ServiceMonitor limen: nothing at metrics/,
      ],
      ["metrics that nobody may fetch", policy("metrics"), "", /Prometheus does not reach auth-worker at 9090/],
      ["spans that nobody lets out", policy("traces"), "", /users-worker does not reach the collector at 4318/],
      [
        "a collector at another port",
        "monitoring:4318",
        "monitoring:4317",
        /gateway does not reach the collector at 4317/,
      ],
      [
        "a collector in another namespace",
        "otel-collector.monitoring",
        "otel-collector.tracing",
        /auth-api does not reach the collector at 4318/,
      ],
      [
        "a collector of nobody",
        /^ {2}OTEL_EXPORTER_OTLP_ENDPOINT.*\n/m,
        "",
        /auth-worker reaches the collector at 4318 and has no need to/,
      ],
      [
        "spans that may go anywhere",
        /(- port: 4318)\n {4}to:\n(?: {4,}.*\n)+/,
        "$1\n",
        /gateway reaches the world at 4318 and has no need to/,
      ],
      [
        "a collector for the migration, which has no spans",
        /(- auth-worker\n {6}- gateway\n)( {2}policyTypes)/,
        "$1      - migrate\n$2",
        /migrate reaches the collector at 4318 and has no need to/,
      ],
      ["a server of another name", "- users-grpc", "- users", /Certificate: none is for users-grpc/],
      [
        "a peer without a certificate",
        "users=spiffe://limen/users-api",
        "users=spiffe://limen/users",
        /auth-api: no Certificate has the peer/,
      ],
      [
        "a listener that lets in anybody",
        /^ {2}TLS_PEERS: gateway=spiffe:\/\/limen\/gateway\n/m,
        "",
        /users-api: TLS_PEERS: is required/,
      ],
      [
        "a certificate that nobody issues",
        "secretName: gateway-tls",
        "secretName: gateway-tsl",
        /gateway: no Certificate fills gateway-t/,
      ],
      ["one that speaks plaintext", / {8}- name: TLS_DIR\n.*\n/, "", /speaks plaintext among certificates/],
    ],
    () => ({ rendered, secrets }),
  );
});

type Mistake = [name: string, from: string | RegExp, to: string, complaint: RegExp];

/** Each plants one mistake in the rendered text and names the complaint it must cause. */
function itRefuses(mistakes: readonly Mistake[], given: () => { rendered: string; secrets: KubernetesObject[] }): void {
  for (const [name, from, to, complaint] of mistakes) {
    it(`is refused with ${name}`, () => {
      const { rendered, secrets } = given();
      const spoilt = rendered.replace(from, to);
      assert.ok(spoilt !== rendered, "nothing was planted");
      assert.match(manifestProblems(parseManifests(spoilt), secrets).join("\n"), complaint);
    });
  }
}

/** A NetworkPolicy's whole document. */
function policy(name: string): RegExp {
  const head = "apiVersion: networking\\S+\\nkind: NetworkPolicy\\nmetadata:\\n(?: {4}.*\\n| {2}labels:\\n)*";
  return new RegExp(`${head} {2}name: ${name}\\n[^]*?(?:\\n---\\n|$)`);
}

async function exampleSecrets(): Promise<KubernetesObject[]> {
  return parseManifests(await readFile(join(folder, "secrets.example.yaml"), "utf8"));
}
