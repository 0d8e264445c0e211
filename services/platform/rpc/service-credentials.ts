import { hash, timingSafeEqual } from "node:crypto";
import type { ServiceSecrets } from "../config.ts";
import { DomainError } from "../errors.ts";
import type { ServiceIdentity } from "./service-identity.ts";

/** Takes pairs of name and secret; a name may occur twice, so that its secret can be replaced without an interruption. */
export function createServiceCredentials(accepted: ServiceSecrets): ServiceIdentity {
  const known = accepted.map(([name, secret]) => ({ name, digest: digest(`${name}:${secret}`) }));
  return {
    identify({ credential }) {
      if (credential === null) return undefined;
      const presented = digest(credential);
      // Digests have one length, and every one is compared: the time says nothing about names or secrets.
      const matches = known.filter((service) => timingSafeEqual(service.digest, presented));
      const match = matches[0];
      if (match === undefined) throw invalidServiceCredential();
      return match.name;
    },
  };
}

export function invalidServiceCredential(): DomainError {
  return new DomainError("unauthenticated", "INVALID_SERVICE_CREDENTIAL", "the service credential is not valid");
}

function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
