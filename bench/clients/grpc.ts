import { Client, credentials, type Metadata } from "@grpc/grpc-js";

export interface GrpcMethod {
  /** Message in, message out, both encoded. Rejects with anything but OK. */
  call(message: Buffer, metadata: Metadata): Promise<Buffer>;
  close(): void;
}

const unchanged = (bytes: Buffer): Buffer => bytes;

/** One unary method over one connection of plain grpc-js: no codec, no interceptor, no retry. */
export function openGrpcMethod(address: string, path: string): GrpcMethod {
  const client = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  return {
    call: (message, metadata) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, unchanged, unchanged, message, metadata, (error, answer) => {
          if (error !== null) reject(error);
          else if (answer === undefined) reject(new Error(`${path} answered nothing`));
          else resolve(answer);
        });
      }),
    close: () => client.close(),
  };
}
