import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Server } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { file_google_rpc_error_details } from "../../../proto/gen/google/rpc/error_details_pb.ts";

type Definitions = ConstructorParameters<typeof ReflectionService>[0];

/** Server reflection (grpc.reflection.v1 and v1alpha), by which `buf curl` and grpcurl learn the contract. */
export function addReflection(server: Server, services: readonly DescService[]): void {
  const files = new Map<string, DescFile>();
  // What errors carry, so that a client that knows only the reflection can read them too.
  collect(file_google_rpc_error_details, files);
  for (const service of services) collect(service.file, files);
  const fileDescriptorProtos = Array.from(files.values(), (file) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)),
  );
  const definitions: Definitions = {
    files: { format: "Protocol Buffer 3 DescriptorProto", type: {}, fileDescriptorProtos },
  };
  new ReflectionService(definitions, { services: services.map((service) => service.typeName) }).addToServer(server);
}

/** A file and everything that it imports. */
function collect(file: DescFile, files: Map<string, DescFile>): void {
  if (files.has(file.proto.name)) return;
  files.set(file.proto.name, file);
  for (const dependency of file.dependencies) collect(dependency, files);
}
