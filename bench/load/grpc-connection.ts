import { once } from "node:events";
import { connect } from "node:net";
import { callFrames, connectionPreface, flags, frame, frameTypes, setStream, takeFrames } from "./grpc-frames.ts";

/** A unary call, ready to be written. */
export interface PreparedCall {
  readonly frames: Buffer;
}

/** One connection with one call at a time. */
export interface GrpcConnection {
  /** Resolves with the encoded answer. Rejects with anything but OK. */
  call(prepared: PreparedCall): Promise<Buffer>;
  close(): void;
}

/** Path such as "/limen.auth.v1.AuthService/Login"; `metadata` in lower case. */
export const prepareCall = (
  path: string,
  message: Uint8Array,
  metadata: Readonly<Record<string, string>> = {},
): PreparedCall => ({
  frames: callFrames(
    {
      ":method": "POST",
      ":scheme": "http",
      ":path": path,
      ":authority": "127.0.0.1",
      te: "trailers",
      "content-type": "application/grpc",
      ...metadata,
    },
    message,
  ),
});

const prefixBytes = 5;

/**
 * gRPC by hand: a call costs its maker a tenth of what grpc-js would take for it, and on a machine with few cores all that the
 * maker takes is taken from what is measured. That a call failed is told by the message that is missing.
 */
export async function openGrpcConnection(address: string): Promise<GrpcConnection> {
  const [host = "", port = ""] = address.split(":");
  const socket = connect(Number(port), host).setNoDelay(true);
  await once(socket, "connect");
  let stream = -1;
  let arrived: Buffer = Buffer.alloc(0);
  let answer: Buffer[] = [];
  let pending: PromiseWithResolvers<Buffer> | undefined;
  let ended: Error | undefined;

  function end(problem: Error): void {
    ended ??= problem;
    pending?.reject(ended);
    socket.destroy();
  }

  function finish(): void {
    const message = Buffer.concat(answer);
    answer = [];
    const isWhole = message.length >= prefixBytes && message.length === prefixBytes + message.readUInt32BE(1);
    if (isWhole) pending?.resolve(message.subarray(prefixBytes));
    else pending?.reject(new Error("the call failed: an answer without a message"));
  }

  socket.on("data", (chunk: Buffer) => {
    arrived = arrived.length === 0 ? chunk : Buffer.concat([arrived, chunk]);
    arrived = takeFrames(arrived, ({ type, flags: set, payload }) => {
      const isAck = (set & flags.ack) !== 0;
      if (type === frameTypes.data) answer.push(payload);
      if ((type === frameTypes.data || type === frameTypes.headers) && (set & flags.endStream) !== 0) finish();
      else if (type === frameTypes.settings && !isAck) socket.write(frame(type, flags.ack, 0, Buffer.alloc(0)));
      else if (type === frameTypes.ping && !isAck) socket.write(frame(type, flags.ack, 0, payload));
      else if (type === frameTypes.resetStream) pending?.reject(new Error("the server reset the call"));
      else if (type === frameTypes.goAway) end(new Error("the server goes away"));
    });
  });
  socket.on("error", end);
  socket.on("close", () => end(new Error("the connection is closed")));
  socket.write(connectionPreface());

  return {
    call({ frames }) {
      if (ended !== undefined) return Promise.reject(ended);
      pending = Promise.withResolvers();
      stream += 2;
      socket.write(setStream(frames, stream));
      return pending.promise;
    },
    close: () => void socket.destroy(),
  };
}
