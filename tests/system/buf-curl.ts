import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import type { System } from "./system.ts";

const root = resolve(import.meta.dirname, "../..");
const buf = resolve(root, "node_modules/.bin/buf");

interface Outcome {
  /** 0, or the gRPC status code times 8. */
  readonly exitCode: number;
  /** The message that was answered, or the error. */
  readonly json: ReturnType<typeof JSON.parse>;
}

interface Call {
  /** Origin of the listener, "http://127.0.0.1:8081". */
  readonly origin: string;
  readonly method: string;
  readonly data?: unknown;
  readonly token?: string;
}

/** How `buf curl` may learn the contract and speak, and which listener understands that. */
const ways = [
  { name: "gRPC, the contract from a checkout", listener: "grpc", flags: ["--protocol", "grpc", "--schema", "."] },
  { name: "gRPC, the contract from proto/", listener: "grpc", flags: ["--protocol", "grpc", "--schema", "proto"] },
  { name: "Connect, the contract from a checkout", listener: "http", flags: ["--schema", "."] },
  { name: "Connect, the contract from proto/", listener: "http", flags: ["--schema", "proto"] },
  {
    name: "gRPC-Web, the contract from proto/",
    listener: "http",
    flags: ["--protocol", "grpcweb", "--schema", "proto"],
  },
] as const;

/** What the README shows a newcomer: both services answer `buf curl`, without the gateway. */
export function bufCurlSuite(system: () => System): void {
  describe("buf curl", () => {
    for (const { name, listener, flags: way } of ways) {
      it(`speaks ${name}`, async () => {
        const { client, ports, grpc } = system();
        const isGrpc = listener === "grpc";
        const flags = isGrpc ? [...way, ...grpc.flags] : way;
        const origin = isGrpc ? grpc.origin : "http://127.0.0.1";
        const auth = `${origin}:${isGrpc ? ports.authGrpc : ports.authHttp}`;
        const users = `${origin}:${isGrpc ? ports.usersGrpc : ports.usersHttp}`;
        const { email, password, userId } = await client.register();

        const login = { origin: auth, method: "limen.auth.v1.AuthService/Login" };
        const loggedIn = await bufCurl(flags, { ...login, data: { email, password } });
        assert.equal(loggedIn.exitCode, 0, JSON.stringify(loggedIn.json));
        assert.deepEqual([loggedIn.json.userId, loggedIn.json.tokens.tokenType], [userId, "Bearer"]);

        const getUser = { origin: users, method: "limen.users.v1.UserService/GetUser", data: { id: "me" } };
        const me = await bufCurl(flags, { ...getUser, token: loggedIn.json.tokens.accessToken });
        assert.deepEqual([me.exitCode, me.json.user?.id, me.json.user?.email], [0, userId, email]);

        const refused = await bufCurl(flags, { ...login, data: { email, password: "a wrong one" } });
        assert.deepEqual([refused.exitCode, refused.json.code], [16 * 8, "unauthenticated"]);
        assert.equal(reasonOf(refused), "INVALID_CREDENTIALS");
        const anonymous = await bufCurl(flags, getUser);
        assert.deepEqual([anonymous.exitCode, reasonOf(anonymous)], [16 * 8, "TOKEN_REQUIRED"]);
      });
    }

    it("follows a stream to its end", async () => {
      const { client, ports, grpc } = system();
      const { registrationId: id } = await client.register();
      const call = {
        origin: `${grpc.origin}:${ports.authGrpc}`,
        method: "limen.auth.v1.AuthService/WatchRegistration",
      };
      const flags = ["--protocol", "grpc", "--schema", "proto", ...grpc.flags];
      const { exitCode, json } = await bufCurl(flags, { ...call, data: { id } });
      assert.deepEqual([exitCode, json.registration.id, json.registration.state], [0, id, "COMPLETED"]);
    });

    it("learns the contract by reflection, except in production", async () => {
      const { client, ports, grpc } = system();
      const { email, password, userId } = await client.register();
      const origin = `${grpc.origin}:${ports.authGrpc}`;
      const flags = ["--protocol", "grpc", ...grpc.flags];
      const offered = await run(["curl", ...flags, "--list-services", origin]);
      if (!grpc.reflection) return assert.match(offered.stderr, /reflection/);
      assert.match(offered.stdout, /^limen\.auth\.v1\.AuthService$/m);
      const login = { origin, method: "limen.auth.v1.AuthService/Login", data: { email, password } };
      assert.equal((await bufCurl(flags, login)).json.userId, userId);
      const users = await run(["curl", ...flags, "--list-services", `${grpc.origin}:${ports.usersGrpc}`]);
      assert.match(users.stdout, /^limen\.users\.v1\.UserService$/m);
    });
  });
}

/** The stable reason of a google.rpc.ErrorInfo, as a person reads it, or as base64 where `buf` does not know its type. */
function reasonOf({ json }: Outcome): string {
  const info = json.details?.find(({ type }: { type: string }) => type === "google.rpc.ErrorInfo");
  assert.ok(info, JSON.stringify(json));
  if (info.debug !== undefined) return info.debug.reason;
  return /[A-Z][A-Z_]+/.exec(Buffer.from(info.value, "base64").toString())?.[0] ?? "";
}

async function bufCurl(flags: readonly string[], { origin, method, data = {}, token }: Call): Promise<Outcome> {
  const header = token === undefined ? [] : ["--header", `authorization: Bearer ${token}`];
  const url = `${origin}/${method}`;
  const { exitCode, stdout, stderr } = await run(["curl", ...flags, ...header, "--data", JSON.stringify(data), url]);
  const text = exitCode === 0 ? stdout : stderr;
  assert.match(text, /^\s*\{/, `buf ${flags.join(" ")} ${url}: ${text}`);
  return { exitCode, json: JSON.parse(text) };
}

/** From the root of the project, where buf.yaml is. */
function run(args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((done, fail) => {
    execFile(buf, args, { cwd: root, timeout: 30_000 }, (error, stdout, stderr) => {
      if (error === null) done({ exitCode: 0, stdout, stderr });
      else if (typeof error.code === "number") done({ exitCode: error.code, stdout, stderr });
      else fail(error);
    });
  });
}
