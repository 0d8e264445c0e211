import { createContextKey } from "@connectrpc/connect";

/** Metadata in which a service says who it is: "<name>:<secret>". */
export const serviceCredentialHeader = "limen-service-credential";

/** Tells the names in the verified certificate of the other end of the connection, where there is one; listeners set it. */
export const certificateNamesKey = createContextKey((): readonly string[] | undefined => undefined, {
  description: "certificate names",
});

/** What a caller shows of itself. */
export interface ServiceEvidence {
  /** Value of the metadata above. */
  readonly credential: string | null;
  readonly certificateNames: readonly string[] | undefined;
}

/** Knows services from other callers: by secrets, or by certificates. */
export interface ServiceIdentity {
  /**
   * Name of the calling service; undefined for a caller that does not claim to be one.
   *
   * Throws UNAUTHENTICATED (INVALID_SERVICE_CREDENTIAL) and PERMISSION_DENIED (PEER_NOT_ALLOWED).
   */
  identify(evidence: ServiceEvidence): string | undefined;
}
