import { hash, timingSafeEqual } from "node:crypto";
import { DomainError } from "../errors.ts";

/** Metadata in which a service says who it is: "<name>:<secret>". */
export const serviceCredentialHeader = "limen-service-credential";

export interface ServiceCredentials {
  /** Name of the service. Throws UNAUTHENTICATED (INVALID_SERVICE_CREDENTIAL). */
  verify(credential: string): string;
}

/** Takes pairs of name and secret; a name may occur twice, so that its secret can be replaced without an interruption. */
export function createServiceCredentials(accepted: Iterable<readonly [string, string]>): ServiceCredentials {
  const known = Array.from(accepted, ([name, secret]) => ({ name, digest: digest(`${name}:${secret}`) }));
  return {
    verify(credential) {
      const presented = digest(credential);
      // Digests have one length, and every one is compared: the time says nothing about names or secrets.
      const matches = known.filter((service) => timingSafeEqual(service.digest, presented));
      const match = matches[0];
      if (match === undefined) {
        throw new DomainError("unauthenticated", "INVALID_SERVICE_CREDENTIAL", "the service credential is not valid");
      }
      return match.name;
    },
  };
}

function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
