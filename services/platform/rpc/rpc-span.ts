import type { DescMethod } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { Attributes } from "../tracing/spans.ts";
import { reasonOf } from "./connect-errors.ts";
import { methodPath } from "./grpc-call.ts";

/** A call's span as it begins (https://opentelemetry.io/docs/specs/semconv/rpc/grpc). */
export function callAttributes(method: DescMethod): { readonly name: string; readonly attributes: Attributes } {
  const name = methodPath(method).slice(1);
  return { name, attributes: { "rpc.system.name": "grpc", "rpc.method": name } };
}

/** Where the server is to blame, and not the caller. */
const serverErrors: ReadonlySet<Code> = new Set([
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.Unimplemented,
  Code.Internal,
  Code.Unavailable,
  Code.DataLoss,
]);

/** And as it ends: to a client every refusal is an error, to the server only those that should not happen. */
export function outcomeOf(side: "client" | "server", error: ConnectError | undefined) {
  if (error === undefined) return { attributes: { "rpc.response.status_code": "OK" } };
  const attributes = { "rpc.response.status_code": statusName(error.code) };
  const reason = reasonOf(error) ?? statusName(error.code);
  if (side === "client" || serverErrors.has(error.code)) return { attributes, error: reason };
  return { attributes: { ...attributes, "error.type": reason } };
}

/** As gRPC spells it: NOT_FOUND, CANCELLED. */
const statusName = (code: Code): string =>
  code === Code.Canceled ? "CANCELLED" : (Code[code] ?? "UNKNOWN").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
