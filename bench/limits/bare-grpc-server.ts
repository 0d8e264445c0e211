import { Server, ServerCredentials, type sendUnaryData } from "@grpc/grpc-js";

/** The method that every bare server has. */
export const barePath = "/limen.bench.Bare/Call";

const unchanged = (bytes: Buffer): Buffer => bytes;

type Answer = (request: Buffer, reply: (message: Buffer) => void) => void | Promise<void>;

/**
 * A grpc-js server of one unary method whose messages are taken as they are. Runs in a process of its own, which tells its
 * parent the port and ends with it. An answer that fails ends the process: the measurement is worth nothing.
 */
export function serveBareMethod(answer: Answer): void {
  const server = new Server();
  server.addService(
    {
      call: {
        path: barePath,
        requestStream: false,
        responseStream: false,
        requestSerialize: unchanged,
        requestDeserialize: unchanged,
        responseSerialize: unchanged,
        responseDeserialize: unchanged,
      },
    },
    {
      call: ({ request }: { request: Buffer }, done: sendUnaryData<Buffer>) =>
        answer(request, (message) => done(null, message)),
    },
  );
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    process.send?.({ port });
  });
  process.on("disconnect", () => process.exit(0));
}
