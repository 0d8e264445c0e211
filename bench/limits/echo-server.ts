import { serveBareMethod } from "./bare-grpc-server.ts";

/** `echo-server.ts BYTES`: answers every call with a message of that size. What grpc-js costs, and nothing else. */
const answer = Buffer.alloc(Number(process.argv[2]));
serveBareMethod((_, reply) => reply(answer));
