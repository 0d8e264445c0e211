import { create, type MessageInitShape, toJsonString } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { JsonWebKeySchema } from "../../../proto/gen/limen/auth/v1/auth_pb.ts";
import {
  type AuthService,
  GetJwksResponseSchema,
  GetServerMetadataResponseSchema,
} from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { DomainError } from "../../platform/errors.ts";
import type { PlainRoutes } from "../../platform/rpc/http-listener.ts";
import type { SigningKey } from "../domain/signing-key.ts";
import type { KeyRing } from "./key-ring.ts";

interface TokenVerificationDeps {
  readonly keyRing: Pick<KeyRing, "published">;
  readonly issuer: string;
  readonly audience: string;
  /** Where people and programs reach the gateway. */
  readonly publicUrl: string;
}

const maxAgeSeconds = 60;
const jwksPath = "/.well-known/jwks.json";

/** What others need in order to verify access tokens by themselves: as calls, and where programs look for it. */
export function createTokenVerification(deps: TokenVerificationDeps) {
  const metadata: MessageInitShape<typeof GetServerMetadataResponseSchema> = {
    issuer: deps.issuer,
    jwksUri: deps.publicUrl.replace(/\/+$/, "") + jwksPath,
    audience: deps.audience,
  };
  const jwks = (): MessageInitShape<typeof GetJwksResponseSchema> => {
    const keys = deps.keyRing.published().map(toJwk);
    if (keys.length > 0) return { keys };
    throw new DomainError("unavailable", "KEYS_UNAVAILABLE", "signing keys have not been read yet");
  };

  const handlers: Pick<ServiceImpl<typeof AuthService>, "getJwks" | "getServerMetadata"> = {
    getJwks: async () => jwks(),
    getServerMetadata: async () => metadata,
  };
  const plainRoutes: PlainRoutes = {
    [jwksPath]: async () => {
      if (deps.keyRing.published().length === 0) return { status: 503, headers: { "retry-after": "1" }, body: "" };
      return found(toJsonString(GetJwksResponseSchema, create(GetJwksResponseSchema, jwks())));
    },
    "/.well-known/oauth-authorization-server": async () =>
      found(toJsonString(GetServerMetadataResponseSchema, create(GetServerMetadataResponseSchema, metadata))),
  };
  return { handlers, plainRoutes };
}

/** RFC 8414, section 3.2, names the media type. */
const found = (body: string) => ({
  status: 200,
  headers: { "content-type": "application/json", "cache-control": `public, max-age=${maxAgeSeconds}` },
  body,
});

const toJwk = ({ kid, publicKey }: SigningKey) =>
  ({ kty: "OKP", crv: "Ed25519", x: publicKey, kid, alg: "EdDSA", use: "sig" }) satisfies MessageInitShape<
    typeof JsonWebKeySchema
  >;
