import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Metadata } from "@grpc/grpc-js";
import {
  ValidateTokenRequestSchema,
  ValidateTokenResponseSchema,
} from "../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { openGrpcMethod } from "../clients/grpc.ts";
import { createHttpClient } from "../clients/http.ts";
import { manyAccessTokens } from "../clients/people.ts";
import { inTurn } from "../in-turn.ts";
import { barePath } from "../limits/bare-grpc-server.ts";
import { startLimitProcess } from "../limits/limit-process.ts";
import { measureLoads } from "../measure-loads.ts";
import type { Subject } from "../subject.ts";

const concurrency = 32;

export const validateTokenGrpc: Subject = {
  name: "validate-token-grpc",
  what: "ValidateToken over gRPC, 32 calls at a time",
  limit: "a bare grpc-js server that answers messages of the same size",
  goal: { unit: "ratio", atLeast: 0.7 },
  async measure(bench) {
    const http = createHttpClient(bench.limen.url);
    const tokens = await manyAccessTokens(http, bench.pace.variety);
    http.close();
    const requests = tokens.map((accessToken) =>
      Buffer.from(toBinary(ValidateTokenRequestSchema, create(ValidateTokenRequestSchema, { accessToken }))),
    );
    const metadata = new Metadata();
    const subject = openGrpcMethod(bench.limen.authGrpc, "/limen.auth.v1.AuthService/ValidateToken");
    let answerBytes = 0;
    for (const request of requests) {
      const answer = await subject.call(request, metadata);
      if (!fromBinary(ValidateTokenResponseSchema, answer).active) throw new Error("a valid token does not count");
      answerBytes = answer.length;
    }
    const echo = await startLimitProcess("echo-server.ts", [String(answerBytes)]);
    const limit = openGrpcMethod(echo.address, barePath);
    const next = inTurn(requests);
    try {
      return await measureLoads(bench, {
        subject: {
          concurrency,
          call: () => subject.call(next(), metadata),
          serving: bench.limen.pidsOf("auth-api"),
        },
        limit: { concurrency, call: () => limit.call(next(), metadata), serving: [echo.pid] },
      });
    } finally {
      subject.close();
      limit.close();
      await echo.stop();
    }
  },
};
