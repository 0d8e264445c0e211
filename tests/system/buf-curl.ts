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
  readonly host: string;
  readonly method: string;
  readonly data?: unknown;
  readonly token?: string;
}

/** How `buf curl` may learn the contract and speak, and which listener understands that. */
const ways = [
  { name: "gRPC, the contract by reflection", listener: "grpc", flags: ["--protocol", "grpc"] },
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
    for (const { name, listener, flags } of ways) {
      it(`speaks ${name}`, async () => {
        const { client, ports } = system();
        const auth = `127.0.0.1:${listener === "grpc" ? ports.authGrpc : ports.authHttp}`;
        const users = `127.0.0.1:${listener === "grpc" ? ports.usersGrpc : ports.usersHttp}`;
        const { email, password, userId } = await client.register();

        const login = { host: auth, method: "limen.auth.v1.AuthService/Login" };
        const loggedIn = await bufCurl(flags, { ...login, data: { email, password } });
        assert.equal(loggedIn.exitCode, 0, JSON.stringify(loggedIn.json));
        assert.deepEqual([loggedIn.json.userId, loggedIn.json.tokens.tokenType], [userId, "Bearer"]);

        const getUser = { host: users, method: "limen.users.v1.UserService/GetUser", data: { id: "me" } };
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
      const { client, ports } = system();
      const { registrationId: id } = await client.register();
      const call = { host: `127.0.0.1:${ports.authGrpc}`, method: "limen.auth.v1.AuthService/WatchRegistration" };
      const { exitCode, json } = await bufCurl(["--protocol", "grpc"], { ...call, data: { id } });
      assert.deepEqual([exitCode, json.registration.id, json.registration.state], [0, id, "COMPLETED"]);
    });

    it("lists what a service has to offer", async () => {
      const { ports } = system();
      const offered = async (port: number): Promise<string> =>
        (await run(["curl", "--protocol", "grpc", "--list-services", `http://127.0.0.1:${port}`])).stdout;
      assert.match(await offered(ports.usersGrpc), /^limen\.users\.v1\.UserService$/m);
      assert.match(await offered(ports.authGrpc), /^limen\.auth\.v1\.AuthService$/m);
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

async function bufCurl(flags: readonly string[], { host, method, data = {}, token }: Call): Promise<Outcome> {
  const header = token === undefined ? [] : ["--header", `authorization: Bearer ${token}`];
  const url = `http://${host}/${method}`;
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
