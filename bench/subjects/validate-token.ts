import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ValidateTokenRequestSchema,
  ValidateTokenResponseSchema,
} from "../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { createHttpClient } from "../clients/http.ts";
import { adminTokens } from "../clients/people.ts";
import { validateTokenRequests } from "../clients/requests.ts";
import { barePath } from "../limits/bare-grpc-server.ts";
import { startLimitProcess } from "../limits/limit-process.ts";
import { openGrpcConnection, prepareCall } from "../load/grpc-connection.ts";
import type { GrpcWork, HttpWork } from "../load/work.ts";
import { measureLoads } from "../measure-loads.ts";
import type { Bench, Subject } from "../subject.ts";

const clients = 32;
export const validateTokenPath = "/limen.auth.v1.AuthService/ValidateToken";

export const validateTokenMessage = (accessToken: string): Uint8Array =>
  toBinary(ValidateTokenRequestSchema, create(ValidateTokenRequestSchema, { accessToken }));

export const validateTokenGrpc: Subject = {
  name: "validate-token-grpc",
  what: `ValidateToken over gRPC, ${clients} clients`,
  limit: "a bare grpc-js server that answers messages of the same size",
  goal: { unit: "ratio", atLeast: 0.7 },
  async measure(bench) {
    const { limen } = bench;
    const { messages, answerBytes } = await prepare(bench);
    const calls = messages.map((message) => ({ message }));
    const echo = await startLimitProcess("echo-server.ts", [String(answerBytes)]);
    const work = (address: string, path: string): GrpcWork => ({ kind: "grpc", clients, address, path, calls });
    try {
      return await measureLoads(bench, {
        subject: { work: work(limen.authGrpc, validateTokenPath), serving: limen.pidsOf("auth-api") },
        limit: { work: work(echo.address, barePath), serving: [echo.pid] },
      });
    } finally {
      await echo.stop();
    }
  },
};

export const validateTokenJson: Subject = {
  name: "validate-token-json",
  what: `ValidateToken as JSON through the gateway, ${clients} clients`,
  limit: "a bare node:http server that passes bodies of the same size on to that bare gRPC server",
  goal: { unit: "ratio", atLeast: 0.7 },
  async measure(bench) {
    const { limen } = bench;
    const { accessTokens, answerBytes, jsonBytes } = await prepare(bench);
    const requests = validateTokenRequests(accessTokens);
    const echo = await startLimitProcess("echo-server.ts", [String(answerBytes)]);
    const relay = await startLimitProcess("relay-server.ts", [echo.address, String(jsonBytes)]);
    const work = (port: number): HttpWork => ({ kind: "http", clients, port, requests, expected: 200 });
    try {
      return await measureLoads(bench, {
        subject: { work: work(limen.port), serving: limen.pidsOf("gateway", "auth-api") },
        limit: { work: work(relay.port), serving: [relay.pid, echo.pid] },
      });
    } finally {
      await relay.stop();
      await echo.stop();
    }
  },
};

/** Tokens that count, and how large the answers are that say so. */
async function prepare({ limen, pace }: Bench) {
  const http = createHttpClient(limen.url);
  const grpc = await openGrpcConnection(limen.authGrpc);
  try {
    const accessTokens = await adminTokens(http, limen.databaseUrl, pace.variety);
    const messages = accessTokens.map(validateTokenMessage);
    let answerBytes = 0;
    for (const message of messages) {
      const answer = await grpc.call(prepareCall(validateTokenPath, message));
      if (!fromBinary(ValidateTokenResponseSchema, answer).active) throw new Error("a valid token does not count");
      answerBytes = answer.length;
    }
    const json = await http.post("/api/v1/auth/validate-token", { accessToken: accessTokens[0] }, 200);
    return { accessTokens, messages, answerBytes, jsonBytes: JSON.stringify(json).length };
  } finally {
    grpc.close();
    http.close();
  }
}
