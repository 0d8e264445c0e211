import { randomUUID } from "node:crypto";
import { availableParallelism } from "node:os";
import pg from "pg";
import { inTurn } from "../in-turn.ts";
import { rawHash, rawVerify } from "../limits/argon2.ts";
import { password } from "../password.ts";
import { type GrpcConnection, openGrpcConnection, prepareCall } from "./grpc-connection.ts";
import { createHttpConnection, type HttpAnswer, prepareRequest } from "./http-connection.ts";
import type { Client, Outcome } from "./loops.ts";
import type { GrpcWork, HashWork, HttpWork, RefreshWork, RegisterWork, RotateWork, Work } from "./work.ts";

/** Clients that do the work. */
export function openClients(work: Work): Promise<Client[]> {
  switch (work.kind) {
    case "grpc":
      return Promise.resolve(createGrpcClients(work));
    case "refresh":
      return openRefreshClients(work);
    case "http":
      return Promise.resolve(createHttpClients(work));
    case "register":
      return Promise.resolve(createRegisterClients(work));
    case "hash":
    case "verify":
      return createHashClients(work);
    case "rotate":
      return Promise.resolve(createRotateClients(work));
  }
}

const repeat = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

function createGrpcClients({ clients, address, path, calls }: GrpcWork): Client[] {
  const next = inTurn(calls.map(({ message, metadata }) => prepareCall(path, message, metadata)));
  return repeat(clients, () => {
    let connection: Promise<GrpcConnection> | undefined;
    return {
      async call() {
        connection ??= openGrpcConnection(address);
        await (await connection).call(next());
        return "answered";
      },
    };
  });
}

const refreshPath = "/limen.auth.v1.AuthService/RefreshToken";
const refreshToken = /lr1\.[\w-]{70}/;

/** A RefreshTokenRequest, and the tokens of its answer, hold the token as it is. */
async function openRefreshClients({ address, refreshTokens }: RefreshWork): Promise<Client[]> {
  return Promise.all(
    refreshTokens.map(async (first) => {
      const connection = await openGrpcConnection(address);
      let token = first;
      return {
        async call() {
          const message = Buffer.concat([Buffer.of(10, token.length), Buffer.from(token)]);
          const answer = await connection.call(prepareCall(refreshPath, message));
          const [next] = refreshToken.exec(answer.toString("latin1")) ?? [];
          if (next === undefined || next === token) throw new Error("RefreshToken answers without a new token");
          token = next;
          return "answered";
        },
      };
    }),
  );
}

function createHttpClients({ clients, port, requests, expected, mayRefuse = false }: HttpWork): Client[] {
  const next = inTurn(requests.map(prepareRequest));
  return repeat(clients, () => {
    const connection = createHttpConnection(port);
    return {
      async call() {
        const answer = await connection.send(next());
        if (answer.status !== expected && mayRefuse) return refusalOf(answer);
        expect(answer, expected);
        return "answered";
      },
    };
  });
}

function refusalOf({ status, retryAfter }: HttpAnswer): Outcome {
  const isProper = (status === 429 || status === 503) && retryAfter > 0;
  return isProper ? { retryAfterMs: retryAfter * 1_000 } : "failed";
}

function createRegisterClients({ clients, port }: RegisterWork): Client[] {
  const headers = { prefer: "wait=8" };
  return repeat(clients, () => {
    const connection = createHttpConnection(port);
    return {
      async call() {
        const body = { name: "Ada Lovelace", email: `ada-${randomUUID()}@example.com`, password };
        const request = prepareRequest({ method: "POST", path: "/api/v1/auth/register", headers, body });
        const answer = await connection.send(request);
        return answer.status === 201 ? "answered" : refusalOf(answer);
      },
    };
  });
}

function expect({ status, body }: HttpAnswer, expected: number): void {
  if (status !== expected) throw new Error(`an answer of ${status} and not ${expected}: ${body}`);
}

async function createHashClients({ kind }: HashWork): Promise<Client[]> {
  const hash = await rawHash();
  const work = kind === "hash" ? rawHash : () => rawVerify(hash);
  return repeat(availableParallelism(), () => ({
    async call() {
      await work();
      return "answered";
    },
  }));
}

/** As many connections as a service has. */
const connections = 10;

function createRotateClients({ databaseUrl, sessionIds }: RotateWork): Client[] {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections });
  const rotate = {
    name: "rotate",
    text: `update auth.sessions set counter = counter + 1, rotate_time = $3, last_used_time = $3
      where id = $1 and counter = $2 and revoke_time is null and expire_time > $3
      returning user_id, salt, counter`,
  };
  return sessionIds.map((id) => {
    let counter = 1;
    return {
      async call() {
        const { rowCount } = await pool.query({ ...rotate, values: [id, counter, new Date()] });
        if (rowCount !== 1) throw new Error("a session has another counter than was expected");
        counter++;
        return "answered";
      },
    };
  });
}
