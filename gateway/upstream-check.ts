import { setTimeout as sleep } from "node:timers/promises";
import { create, createFileRegistry, type DescMethodUnary } from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import type { Transport } from "@connectrpc/connect";

const serving = 1;

/** `grpc.health.v1.Health/Check` (https://github.com/grpc/grpc/blob/master/doc/health-checking.md), as much as is needed. */
const check = (): DescMethodUnary => {
  const label = Label.OPTIONAL;
  const file = create(FileDescriptorProtoSchema, {
    name: "grpc/health/v1/health.proto",
    package: "grpc.health.v1",
    syntax: "proto3",
    messageType: [
      { name: "HealthCheckRequest", field: [{ name: "service", number: 1, type: Type.STRING, label }] },
      // The status is an enum; on the wire it is this.
      { name: "HealthCheckResponse", field: [{ name: "status", number: 1, type: Type.INT32, label }] },
    ],
    service: [
      {
        name: "Health",
        method: [
          {
            name: "Check",
            inputType: ".grpc.health.v1.HealthCheckRequest",
            outputType: ".grpc.health.v1.HealthCheckResponse",
          },
        ],
      },
    ],
  });
  const method = createFileRegistry(file, () => undefined).getService("grpc.health.v1.Health")?.methods[0];
  if (method?.methodKind !== "unary") throw new Error("the health service has no method Check");
  return method as DescMethodUnary;
};

export interface UpstreamCheck {
  /** Whether the service has been SERVING once. */
  seen(): boolean;
  stop(): void;
}

/**
 * Asks a service for its health until it serves, and then never again: at the start nothing works without it, later the
 * gateway stays in rotation, since the other service may be well and a problem is a better answer than none.
 */
export function startUpstreamCheck({
  transport,
  everyMs = 100,
}: {
  transport: Transport;
  everyMs?: number;
}): UpstreamCheck {
  const method = check();
  const stopped = new AbortController();
  let seen = false;

  const ask = async (): Promise<boolean> => {
    const { message } = await transport.unary(method, stopped.signal, 1_000, undefined, {});
    return "status" in message && message.status === serving;
  };
  const run = async (): Promise<void> => {
    while (!seen && !stopped.signal.aborted) {
      // Being away is the very thing that is waited out.
      seen = await ask().catch(() => false);
      if (!seen) await sleep(everyMs);
    }
  };
  void run();
  return { seen: () => seen, stop: () => stopped.abort() };
}
