import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Metadata } from "@grpc/grpc-js";
import { GetUserRequestSchema, GetUserResponseSchema } from "../../proto/gen/limen/users/v1/user_service_pb.ts";
import { openGrpcMethod } from "../clients/grpc.ts";
import { createHttpClient } from "../clients/http.ts";
import { type RegisteredPerson, registerMany } from "../clients/people.ts";
import { inTurn } from "../in-turn.ts";
import { barePath } from "../limits/bare-grpc-server.ts";
import { startLimitProcess } from "../limits/limit-process.ts";
import { measureLoads } from "../measure-loads.ts";
import type { Subject } from "../subject.ts";

const concurrency = 32;

export const getUserGrpc: Subject = {
  name: "get-user-grpc",
  what: "GetUser over gRPC with a token, 32 calls at a time",
  limit: "a bare grpc-js server that does one prepared SELECT with pg",
  goal: { unit: "ratio", atLeast: 0.75 },
  async measure(bench) {
    const http = createHttpClient(bench.limen.url);
    const calls = (await registerMany(http, bench.pace.variety)).map(toCall);
    http.close();
    const subject = openGrpcMethod(bench.limen.usersGrpc, "/limen.users.v1.UserService/GetUser");
    let answerBytes = 0;
    for (const { person, request, metadata } of calls) {
      const answer = await subject.call(request, metadata);
      const { user } = fromBinary(GetUserResponseSchema, answer);
      if (user?.email !== person.email) throw new Error("GetUser answers with somebody else");
      answerBytes = answer.length;
    }
    const bare = await startLimitProcess("select-server.ts", [String(answerBytes)], {
      DATABASE_URL: bench.limen.databaseUrl,
    });
    const limit = openGrpcMethod(bare.address, barePath);
    const next = inTurn(calls);
    const load = (method: typeof subject, pid: number[]) => ({
      concurrency,
      call: () => {
        const { request, metadata } = next();
        return method.call(request, metadata);
      },
      serving: pid,
    });
    try {
      return await measureLoads(bench, {
        subject: load(subject, bench.limen.pidsOf("users-api")),
        limit: load(limit, [bare.pid]),
      });
    } finally {
      subject.close();
      limit.close();
      await bare.stop();
    }
  },
};

function toCall(person: RegisteredPerson) {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${person.accessToken}`);
  const message = create(GetUserRequestSchema, { id: person.userId });
  return { person, metadata, request: Buffer.from(toBinary(GetUserRequestSchema, message)) };
}
