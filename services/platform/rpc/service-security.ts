import { type ServiceSecrets, secretOf } from "../config.ts";
import type { Log } from "../log.ts";
import { type MutualTls, openMutualTls } from "./mutual-tls.ts";
import { createServiceCertificates } from "./service-certificates.ts";
import { createServiceCredentials } from "./service-credentials.ts";
import type { ServiceIdentity } from "./service-identity.ts";

/** How services know each other: by certificates where there are any, else by secrets. */
export interface ServiceSecurity {
  readonly identity: ServiceIdentity;
  /** Undefined where gRPC is plaintext. */
  readonly tls: MutualTls | undefined;
  /** What a service shows when it calls another; undefined where its certificate does. */
  credentialOf(service: string): string | undefined;
}

export function openServiceSecurity(deps: {
  readonly tlsDirectory: string | undefined;
  /** Service by a name in its certificate. */
  readonly tlsPeers: ReadonlyMap<string, string>;
  readonly serviceCredentials: ServiceSecrets;
  readonly log: Log;
}): ServiceSecurity {
  const { tlsDirectory: directory, tlsPeers, serviceCredentials, log } = deps;
  if (directory === undefined) {
    const credentialOf = (service: string) => `${service}:${secretOf(service, serviceCredentials)}`;
    return { identity: createServiceCredentials(serviceCredentials), tls: undefined, credentialOf };
  }
  const tls = openMutualTls({ directory, log });
  return { identity: createServiceCertificates(tlsPeers), tls, credentialOf: () => undefined };
}
