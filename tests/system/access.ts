import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  getOption,
  type Message,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createAsyncIterable } from "@connectrpc/connect/protocol";
import { TokensSchema } from "../../proto/gen/limen/auth/v1/auth_pb.ts";
import { AuthService } from "../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { Access_Level, access, http } from "../../proto/gen/limen/options/v1/options_pb.ts";
import { UserSchema } from "../../proto/gen/limen/users/v1/user_pb.ts";
import { UserService } from "../../proto/gen/limen/users/v1/user_service_pb.ts";
import { reasonOf } from "../../services/platform/rpc/connect-errors.ts";
import { createGrpcTransport } from "../../services/platform/rpc/grpc-transport.ts";
import { sampleMessage } from "../../services/platform/rpc/sample-message.fixture.ts";
import { somebody } from "../support/client.ts";
import type { System } from "./system.ts";

type Transport = ReturnType<typeof createGrpcTransport>;

const methods = [UserService, AuthService].flatMap((service: DescService) =>
  service.methods.map((method) => ({ service, method, rule: getOption(method, access) })),
);
const withLevel = (...levels: Access_Level[]) => methods.filter(({ rule }) => levels.includes(rule.level));

/** Generated from the contracts: a method that is new is in here, too. For shapes in which anybody may speak to a service. */
export function accessSuite(system: () => System): void {
  /** Straight at the service, past the gateway. */
  async function at<T>(service: DescService, work: (transport: Transport) => Promise<T>): Promise<T> {
    const { usersGrpc, authGrpc } = system().ports;
    const transport = createGrpcTransport({ target: `127.0.0.1:${service === UserService ? usersGrpc : authGrpc}` });
    try {
      return await work(transport);
    } finally {
      transport.close();
    }
  }

  /** Code and reason of the refusal; fails when there is none. */
  function refusal(service: DescService, method: DescMethod, input: Message, token?: string): Promise<string> {
    const header = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return at(service, async (transport) => {
      try {
        if (method.methodKind === "server_streaming") {
          const streaming = method as DescMethodServerStreaming;
          const sent = createAsyncIterable([input]);
          for await (const _ of (await transport.stream(streaming, undefined, 5_000, header, sent)).message) break;
        } else {
          await transport.unary(method as DescMethodUnary, undefined, 5_000, header, input);
        }
      } catch (error) {
        assert.ok(error instanceof ConnectError, String(error));
        return `${Code[error.code]} ${reasonOf(error)}`;
      }
      return assert.fail(`${method.name} was not refused`);
    });
  }

  describe("access", () => {
    const { PUBLIC, AUTHENTICATED, OWNER, ADMIN, SERVICE } = Access_Level;

    for (const { service, method, rule } of methods.filter(({ rule }) => rule.level !== PUBLIC)) {
      it(`security 23: ${method.name} is nothing for nobody, nor for an invented token`, async () => {
        const wanted = rule.level === SERVICE ? "SERVICE_CREDENTIAL_REQUIRED" : "TOKEN_REQUIRED";
        assert.equal(await refusal(service, method, sampleMessage(method.input)), `Unauthenticated ${wanted}`);
        const invented = await refusal(service, method, sampleMessage(method.input), "eyJhbGciOiJub25lIn0.e30.");
        assert.equal(invented, "Unauthenticated INVALID_TOKEN");
      });
    }

    it("security 23: what is for administrators and services is not for people", async () => {
      const { tokens } = await system().client.register();
      for (const { service, method, rule } of withLevel(ADMIN, SERVICE)) {
        const answer = await refusal(service, method, sampleMessage(method.input), tokens.accessToken);
        const wanted =
          rule.level === ADMIN ? "PermissionDenied ADMIN_REQUIRED" : "Unauthenticated SERVICE_CREDENTIAL_REQUIRED";
        assert.equal(answer, wanted, method.name);
      }
    });

    it("security 24: nobody does anything to what is another person's", async () => {
      const { client } = system();
      const [ada, bob] = [await client.register(), await client.register()];
      const owned = withLevel(OWNER);
      assert.ok(owned.length >= 3);
      for (const { service, method, rule } of owned) {
        const input = sampleMessage(method.input);
        setPath(input, method, rule.ownerField.split("."), bob.userId);
        const answer = await refusal(service, method, input, ada.tokens.accessToken);
        assert.match(answer, /^(PermissionDenied|NotFound) /, method.name);
      }
      const { sessionId } = await client.login(bob);
      const revoke = AuthService.method.revokeSession;
      const input = sampleMessage(revoke.input);
      setPath(input, revoke, ["id"], sessionId);
      assert.equal(await refusal(AuthService, revoke, input, ada.tokens.accessToken), "NotFound SESSION_NOT_FOUND");
      const me = await client("GET", "/api/v1/users/me", { token: bob.tokens.accessToken });
      assert.deepEqual([me.status, me.body.user.name, me.body.user.etag], [200, bob.name, "v1"]);
    });

    it("security 24: no request names the person whom it is about, where that is whoever calls", () => {
      for (const { method } of withLevel(AUTHENTICATED)) {
        const names = method.input.fields.map(({ name }) => name);
        assert.deepEqual(
          names.filter((name) => /user|owner|account|subject/.test(name)),
          [],
          method.name,
        );
      }
    });

    it("security 25: whoever signs up says nothing about rights, status, proofs and times", async () => {
      const { client } = system();
      const forbidden = { emailVerified: true, roles: ["admin"], status: "ACTIVE", createTime: "2026-01-01T00:00:00Z" };
      for (const [name, value] of Object.entries({ ...forbidden, userId: "me", version: 7, passwordHash: "x" })) {
        const body = { ...somebody(), [name]: value };
        const { status, body: problem } = await client("POST", "/api/v1/auth/register", { body });
        assert.deepEqual(
          [status, problem.violations[0].field, problem.violations[0].rule],
          [400, name, "unknown_field"],
        );
      }
    });

    it("security 25: of a user, nothing but the name can be changed by its owner", async () => {
      const { client } = system();
      const { userId, tokens } = await client.register();
      const headers = { authorization: `Bearer ${tokens.accessToken}` };
      const before = await client("GET", "/api/v1/users/me", { token: tokens.accessToken });
      await at(UserService, async (transport) => {
        const users = createClient(UserService, transport);
        for (const { name } of UserSchema.fields.filter((field) => field.name !== "name")) {
          await assert.rejects(
            users.updateUser({ user: { id: userId }, updateMask: { paths: [name] } }, { headers }),
            (error) => error instanceof ConnectError && error.code === Code.InvalidArgument,
            name,
          );
        }
      });
      const after = await client("GET", "/api/v1/users/me", { token: tokens.accessToken });
      assert.deepEqual(after.body, before.body);
    });

    it("security 34: every method that hands tokens out says that no cache may keep them", () => {
      const handing = methods.filter(({ method }) =>
        method.output.fields.some(({ message }) => message === TokensSchema),
      );
      assert.ok(handing.length >= 3);
      for (const { method } of handing) assert.equal(getOption(method, http).noStore, true, method.name);
    });

    it("security 34: an answer with tokens is kept by no cache, and no answer sets a cookie", async () => {
      const { client } = system();
      const person = somebody();
      const post = (path: string, body: object) => client("POST", `/api/v1/auth/${path}`, { body });
      const registered = await client("POST", "/api/v1/auth/register", { body: person, headers: { prefer: "wait=8" } });
      const loggedIn = await post("login", { email: person.email, password: person.password });
      const refreshed = await post("refresh", { refreshToken: loggedIn.body.tokens.refreshToken });
      for (const { status, headers, body } of [registered, loggedIn, refreshed]) {
        assert.ok(status < 300 && body.tokens, JSON.stringify(body));
        assert.equal(headers.get("cache-control"), "no-store");
        assert.equal(headers.get("set-cookie"), null);
      }
    });
  });
}

function setPath(message: Message, method: DescMethod, path: readonly string[], value: string): void {
  let at = reflect(method.input, message);
  for (const [index, name] of path.entries()) {
    const field = at.desc.fields.find((candidate) => candidate.name === name);
    assert.ok(field, `${method.name} has no field ${path.join(".")}`);
    if (index === path.length - 1) at.set(field, value);
    else if (field.fieldKind === "message") at = at.get(field);
  }
}
