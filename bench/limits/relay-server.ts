import { createServer } from "node:http";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { barePath } from "./bare-grpc-server.ts";

/**
 * `relay-server.ts ADDRESS BYTES`: passes the body of a POST on to a bare gRPC server as it is, or the id at the end of a GET's
 * path as select-server.ts wants it, and answers with that many bytes. What a gateway cannot do without.
 */
const [address = "", bytes] = process.argv.slice(2);
const json = Buffer.alloc(Number(bytes), " ");
const client = new Client(address, credentials.createInsecure());
const unchanged = (message: Buffer): Buffer => message;
const metadata = new Metadata();
const idLength = 36;

const server = createServer((request, response) => {
  const body: Buffer[] = [];
  request.on("data", (chunk: Buffer) => void body.push(chunk));
  request.on("end", () => {
    const message = request.method === "GET" ? Buffer.from(`\n$${request.url?.slice(-idLength)}`) : Buffer.concat(body);
    client.makeUnaryRequest(barePath, unchanged, unchanged, message, metadata, (error) => {
      if (error !== null) throw error;
      response.writeHead(200, { "content-type": "application/json", "content-length": json.length }).end(json);
    });
  });
});
server.listen(0, "127.0.0.1", () => {
  const listening = server.address();
  if (typeof listening === "object") process.send?.({ port: listening?.port });
});
process.on("disconnect", () => process.exit(0));
