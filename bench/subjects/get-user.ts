import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { GetUserRequestSchema, GetUserResponseSchema } from "../../proto/gen/limen/users/v1/user_service_pb.ts";
import { createHttpClient } from "../clients/http.ts";
import { adminTokens, seedPeople } from "../clients/people.ts";
import { getUserRequests } from "../clients/requests.ts";
import { barePath } from "../limits/bare-grpc-server.ts";
import { startLimitProcess } from "../limits/limit-process.ts";
import { openGrpcConnection, prepareCall } from "../load/grpc-connection.ts";
import type { GrpcWork, HttpWork } from "../load/work.ts";
import { measureLoads } from "../measure-loads.ts";
import type { Bench, Subject } from "../subject.ts";

const clients = 32;
const path = "/limen.users.v1.UserService/GetUser";

export const getUserGrpc: Subject = {
  name: "get-user-grpc",
  what: `GetUser over gRPC with a token, ${clients} clients`,
  limit: "a bare grpc-js server that does one prepared SELECT with pg",
  goal: { unit: "ratio", atLeast: 0.75 },
  async measure(bench) {
    const { limen } = bench;
    const { calls, answerBytes } = await prepare(bench);
    const bare = await startSelectServer(bench, answerBytes);
    const work = (address: string, at: string): GrpcWork => ({ kind: "grpc", clients, address, path: at, calls });
    try {
      return await measureLoads(bench, {
        subject: { work: work(limen.usersGrpc, path), serving: limen.pidsOf("users-api") },
        limit: { work: work(bare.address, barePath), serving: [bare.pid] },
      });
    } finally {
      await bare.stop();
    }
  },
};

export const getUserJson: Subject = {
  name: "get-user-json",
  what: `GetUser through the gateway with a token, ${clients} clients`,
  limit: "a bare node:http server that passes ids on to that bare gRPC server with its SELECT",
  goal: { unit: "ratio", atLeast: 0.7 },
  async measure(bench) {
    const { limen } = bench;
    const { requests, answerBytes, jsonBytes } = await prepare(bench);
    const bare = await startSelectServer(bench, answerBytes);
    const relay = await startLimitProcess("relay-server.ts", [bare.address, String(jsonBytes)]);
    const work = (port: number): HttpWork => ({ kind: "http", clients, port, requests, expected: 200 });
    try {
      return await measureLoads(bench, {
        subject: { work: work(limen.port), serving: limen.pidsOf("gateway", "users-api") },
        limit: { work: work(relay.port), serving: [relay.pid, bare.pid] },
      });
    } finally {
      await relay.stop();
      await bare.stop();
    }
  },
};

const startSelectServer = ({ limen }: Bench, answerBytes: number) =>
  startLimitProcess("select-server.ts", [String(answerBytes)], { DATABASE_URL: limen.databaseUrl });

/** People, and an administrator's tokens to look at them with; and how large the answers are. */
async function prepare({ limen, pace }: Bench) {
  const http = createHttpClient(limen.url);
  const grpc = await openGrpcConnection(limen.usersGrpc);
  try {
    const people = await seedPeople(limen.databaseUrl, pace.variety);
    const accessTokens = await adminTokens(http, limen.databaseUrl, pace.variety);
    const calls = people.map(({ userId }, index) => ({
      message: toBinary(GetUserRequestSchema, create(GetUserRequestSchema, { id: userId })),
      metadata: { authorization: `Bearer ${accessTokens[index % accessTokens.length]}` },
    }));
    let answerBytes = 0;
    for (const [index, { message, metadata }] of calls.entries()) {
      const answer = await grpc.call(prepareCall(path, message, metadata));
      const { user } = fromBinary(GetUserResponseSchema, answer);
      if (user?.email !== people[index]?.email) throw new Error("GetUser answers with somebody else");
      answerBytes = answer.length;
    }
    const requests = getUserRequests(people, accessTokens);
    const json = await http.get(requests[0]?.path ?? "", 200, requests[0]?.headers);
    return { calls, requests, answerBytes, jsonBytes: JSON.stringify(json).length };
  } finally {
    grpc.close();
    http.close();
  }
}
