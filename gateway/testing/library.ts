import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  createFileRegistry,
  type DescMessage,
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type JsonValue,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createRouterTransport, type HandlerContext, type MethodImpl, type Transport } from "@connectrpc/connect";

const root = fileURLToPath(new URL("../..", import.meta.url));
const modules = [
  { path: "proto", excludes: ["proto/third_party", "proto/gen"] },
  { path: "proto/third_party" },
  { path: "node_modules/protobufjs", includes: ["node_modules/protobufjs/google/api"] },
  { path: "gateway/testing" },
];

/** The descriptors of library.proto, compiled now. */
export function compileLibrary(): (service: string) => DescService {
  const config = JSON.stringify({ version: "v2", modules });
  const image = execFileSync(
    `${root}/node_modules/.bin/buf`,
    ["build", ".", "--config", config, "--path", "gateway/testing/library.proto", "--output", "-"],
    { cwd: root, maxBuffer: 16 * 1024 * 1024 },
  );
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  return (name) => {
    const service = registry.getService(`library.v1.${name}`);
    if (service === undefined) throw new Error(`library.proto has no ${name}`);
    return service;
  };
}

export interface Call {
  readonly method: string;
  /** The request message, as protobuf JSON. */
  readonly request: JsonValue;
  readonly header: Headers;
}

/** A service whose every method answers with `answer`, and the calls that reached it. */
export function recordingTransport(
  service: DescService,
  answer: (call: Call, context: HandlerContext) => object | Promise<object> | AsyncIterable<object>,
): { transport: Transport; calls: Call[] } {
  const calls: Call[] = [];
  const handle = (method: DescMethod) => (message: MessageShape<DescMessage>, context: HandlerContext) => {
    const call = { method: method.name, request: toJson(method.input, message), header: context.requestHeader };
    calls.push(call);
    return answer(call, context);
  };
  const transport = createRouterTransport((router) => {
    for (const method of service.methods) {
      if (method.methodKind === "unary") router.rpc(method as DescMethodUnary, handle(method) as UnaryImpl);
      if (method.methodKind === "server_streaming")
        router.rpc(method as DescMethodServerStreaming, handle(method) as StreamImpl);
    }
  });
  return { calls, transport };
}

type UnaryImpl = MethodImpl<DescMethodUnary>;
type StreamImpl = MethodImpl<DescMethodServerStreaming>;
