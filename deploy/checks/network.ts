import type { INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import type { INetworkPolicyPeer } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicyPeer";
import type { INetworkPolicyPort } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicyPort";

type Labels = Readonly<Record<string, string>>;
type LabelSelector = INetworkPolicyPeer["podSelector"];

/** One end of a connection, as policies see it. */
export interface Endpoint {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
}

/** Whether both ends' policies let a connection pass (https://kubernetes.io/docs/concepts/services-networking/network-policies/). */
export function permits(policies: readonly INetworkPolicy[], from: Endpoint, to: Endpoint, port: number): boolean {
  const leaves = isAllowed(policies, "Egress", from, (spec) => spec?.egress?.map((r) => rule(r.to, r.ports)), to, port);
  return (
    leaves && isAllowed(policies, "Ingress", to, (spec) => spec?.ingress?.map((r) => rule(r.from, r.ports)), from, port)
  );
}

interface Rule {
  readonly peers: readonly INetworkPolicyPeer[];
  readonly ports: readonly INetworkPolicyPort[];
}

const rule = (peers: readonly INetworkPolicyPeer[] = [], ports: readonly INetworkPolicyPort[] = []): Rule => ({
  peers,
  ports,
});

/** Everything is, at an end that no policy selects; else what some rule names. Empty lists name everything. */
function isAllowed(
  policies: readonly INetworkPolicy[],
  direction: "Ingress" | "Egress",
  subject: Endpoint,
  rulesOf: (spec: INetworkPolicy["spec"]) => readonly Rule[] | undefined,
  other: Endpoint,
  port: number,
): boolean {
  const bound = policies.filter(
    ({ metadata, spec }) =>
      metadata?.namespace === subject.namespace &&
      spec?.policyTypes?.includes(direction) === true &&
      matches(spec.podSelector, subject.labels),
  );
  if (bound.length === 0) return true;
  const rules = bound.flatMap(({ metadata, spec }) =>
    (rulesOf(spec) ?? []).map((r) => ({ ...r, home: metadata?.namespace ?? "" })),
  );
  return rules.some(
    ({ peers, ports, home }) =>
      (ports.length === 0 || ports.some((candidate) => candidate.port === port)) &&
      (peers.length === 0 || peers.some((peer) => isPeer(peer, other, home))),
  );
}

/** Pods of the policy's own namespace, unless it selects namespaces; addresses are nobody that is known here. */
function isPeer({ podSelector, namespaceSelector, ipBlock }: INetworkPolicyPeer, other: Endpoint, home: string) {
  if (ipBlock !== undefined) return false;
  const namespace = { "kubernetes.io/metadata.name": other.namespace };
  const isThere = namespaceSelector === undefined ? other.namespace === home : matches(namespaceSelector, namespace);
  return isThere && (podSelector === undefined || matches(podSelector, other.labels));
}

function matches(selector: LabelSelector, labels: Labels): boolean {
  const exact = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  const expressions = selector?.matchExpressions ?? [];
  return (
    exact &&
    expressions.every(({ key, operator, values = [] }) => {
      if (operator !== "In") throw new Error(`the operator ${operator} is not known here`);
      return values.includes(labels[key] ?? "");
    })
  );
}
