import { DomainError } from "../errors.ts";
import { invalidServiceCredential } from "./service-credentials.ts";
import type { ServiceIdentity } from "./service-identity.ts";

/**
 * Takes pairs of a name in a certificate ("gateway.limen.svc", "spiffe://limen.example/gateway") and the service that it
 * stands for. A certificate that names none of them is nobody's here, whoever issued it. Without a certificate, which is
 * to say over HTTP, nobody is a service: secrets do not count beside certificates.
 */
export function createServiceCertificates(allowed: ReadonlyMap<string, string>): ServiceIdentity {
  return {
    identify({ credential, certificateNames }) {
      if (credential !== null) throw invalidServiceCredential();
      if (certificateNames === undefined) return undefined;
      const name = certificateNames.find((candidate) => allowed.has(candidate));
      if (name === undefined) {
        throw new DomainError(
          "permission-denied",
          "PEER_NOT_ALLOWED",
          "the certificate names no service that may call",
        );
      }
      return allowed.get(name);
    },
  };
}

/**
 * DNS names and URIs of a certificate (RFC 5280, section 4.2.1.6) out of the text that Node makes of them:
 * "DNS:gateway, URI:spiffe://limen.example/gateway, IP Address:10.0.0.7".
 */
export function certificateNames(subjectAltName: string | undefined): string[] {
  // What could be taken for more than one name is in quotes, and no service is called like that.
  const unambiguous = (subjectAltName ?? "").replaceAll(/"(?:[^"\\]|\\.)*"/g, "");
  return unambiguous.split(", ").flatMap((entry) => /^(?:DNS|URI):(.+)$/.exec(entry)?.[1] ?? []);
}
