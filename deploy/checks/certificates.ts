import type { ICertificate } from "@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate";
import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import type { Pods } from "./arrows.ts";

const mountOf = (deployment: IDeployment | undefined, path: string | undefined) => {
  const pod = deployment?.spec?.template.spec;
  const mount = pod?.containers[0]?.volumeMounts?.find(({ mountPath }) => mountPath === path);
  const volume = pod?.volumes?.find(({ name }) => name === mount?.name);
  return { isReadOnly: mount?.readOnly === true, secret: volume?.secret?.secretName };
};

/** The roles that speak gRPC have a certificate all, or none; with the names by which they are called and call. */
export function* certificateProblems(
  certificates: ReadonlyMap<string, ICertificate>,
  deployments: ReadonlyMap<string, IDeployment>,
  pods: readonly Pods[],
): Generator<string> {
  const speaking = pods.filter(({ env }) => [...env.keys()].some((variable) => /_GRPC_(TARGET|PORT)$/.test(variable)));
  const secured = speaking.filter(({ env, name }) => env.has("TLS_DIR") && deployments.has(name));
  if (secured.length === 0) return;
  const named = new Set(
    [...certificates.values()].flatMap(({ spec }) => [...(spec?.uris ?? []), ...(spec?.dnsNames ?? [])]),
  );
  const targets = speaking
    .flatMap(({ env }) => [...env.values()])
    .flatMap((v) => /^dns:\/\/\/([\w-]+):/.exec(v)?.[1] ?? []);
  for (const host of new Set(targets)) if (!named.has(host)) yield `Certificate: none is for ${host}`;

  for (const { name, env } of secured) {
    const { isReadOnly, secret } = mountOf(deployments.get(name), env.get("TLS_DIR"));
    if (!isReadOnly) yield `${name}: nothing is mounted read-only at TLS_DIR`;
    if (![...certificates.values()].some(({ spec }) => spec?.secretName === secret))
      yield `${name}: no Certificate fills ${secret}`;
    for (const peer of env.get("TLS_PEERS")?.split(",") ?? []) {
      const identity = peer.slice(peer.indexOf("=") + 1);
      if (!named.has(identity)) yield `${name}: no Certificate has the peer ${identity}`;
    }
  }
  for (const { name, env } of speaking.filter(({ ports }) => ports.some((port) => port.name === "grpc"))) {
    if (!env.has("TLS_DIR")) yield `${name}: speaks plaintext among certificates`;
  }
}
