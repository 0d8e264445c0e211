import type { DescService } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { ClientOptions } from "@grpc/grpc-js";

/** How Limen's clients connect: to every address of a name in turn, noticing dead ones and finding new ones quickly. */
export function channelOptions(retryable: readonly DescService[]): ClientOptions {
  return {
    "grpc.service_config": JSON.stringify(serviceConfig(retryable)),
    "grpc.service_config_disable_resolution": 1,
    "grpc.dns_min_time_between_resolutions_ms": 5000,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
    "grpc.keepalive_time_ms": 20_000,
    "grpc.keepalive_timeout_ms": 5000,
    "grpc.keepalive_permit_without_calls": 1,
    // An http_proxy in the environment is for the world outside, not for the service next door.
    "grpc.enable_http_proxy": 0,
    "grpc.enable_channelz": 0,
    // Each client has connections of its own, and not those of every other client of the process.
    "grpc.use_local_subchannel_pool": 1,
  };
}

/** Repeats calls that changed nothing where the service was away. The contract says which these are. */
function serviceConfig(retryable: readonly DescService[]) {
  const name = retryable
    .flatMap((service) => service.methods)
    .filter((method) => method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS)
    .map((method) => ({ service: method.parent.typeName, method: method.name }));
  const retryPolicy = {
    maxAttempts: 3,
    initialBackoff: "0.05s",
    maxBackoff: "0.5s",
    backoffMultiplier: 2,
    retryableStatusCodes: ["UNAVAILABLE"],
  };
  return {
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig: name.length > 0 ? [{ name, retryPolicy }] : [],
    // No repeating while most calls fail anyway.
    retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
  };
}
