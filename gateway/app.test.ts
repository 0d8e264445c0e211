import assert from "node:assert/strict";
import { after, describe, it, mock } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import type { FastifyInstance } from "fastify";
import { AuthService } from "../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { UserService } from "../proto/gen/limen/users/v1/user_service_pb.ts";
import { DomainError } from "../services/platform/errors.ts";
import { toConnectError } from "../services/platform/rpc/connect-errors.ts";
import { openGateway } from "./testing/gateway.ts";
import { compileLibrary, recordingTransport } from "./testing/library.ts";

const service = compileLibrary();
const library = service("LibraryService");
const opened: FastifyInstance[] = [];
after(() => Promise.all(opened.map((app) => app.close())));

async function setup(options: Parameters<typeof openGateway>[1] = {}, answer: () => object = () => ({})) {
  const fakes = [AuthService, UserService, library].map((desc) => [desc, recordingTransport(desc, answer)] as const);
  const app = await openGateway(
    fakes.map(([desc, { transport }]) => [desc, transport]),
    options,
  );
  opened.push(app);
  /** The calls since the last time it was asked. */
  const calls = () => fakes.flatMap((fake) => fake[1].calls.splice(0));
  return { app, calls };
}

describe("routes", () => {
  it("exist for every method of a service that says how it is reached", async () => {
    const { app, calls } = await setup();
    const requests: ["GET" | "POST" | "DELETE", string, string, object][] = [
      ["GET", "/v1/shelves/s1/books/b1", "GetBook", { name: "shelves/s1/books/b1" }],
      ["GET", "/v1/books/b1", "GetBook", { name: "b1" }],
      ["GET", "/v1/books/b%2F1", "GetBook", { name: "b/1" }],
      ["POST", "/v1/books/b1:archive", "ArchiveBook", { name: "b1" }],
      ["GET", "/v1/files/a/b/c.txt", "ReadFile", { path: "a/b/c.txt" }],
      ["GET", "/api/v1/users/me", "GetUser", { id: "me" }],
      ["GET", "/api/v1/users/creations/c1", "GetUserCreation", { id: "c1" }],
      ["POST", "/api/v1/users/u1:suspend", "SuspendUser", { id: "u1" }],
      ["DELETE", "/api/v1/auth/sessions/s1", "RevokeSession", { id: "s1" }],
      ["GET", "/.well-known/jwks.json", "GetJwks", {}],
    ];
    for (const [method, url, name, request] of requests) {
      const answer = await app.inject({ method, url });
      const [call, ...more] = calls();
      assert.deepEqual([answer.statusCode, call?.method, call?.request, more], [200, name, request, []], url);
    }
  });

  it("do not exist for methods that are for services", async () => {
    const { app, calls } = await setup();
    assert.equal((await app.inject({ method: "POST", url: "/v1/reindex", payload: {} })).statusCode, 404);
    assert.equal(calls().length, 0);
  });

  it("cannot be made where the contract does not say who may call, or HTTP cannot carry it", async () => {
    const { transport } = recordingTransport(library, () => ({}));
    await assert.rejects(openGateway([[service("OpenService"), transport]]), /OpenService\.Open .* no access option/);
    await assert.rejects(openGateway([[service("UploadService"), transport]]), /takes a stream/);
  });

  it("answer an unknown path with 404 and a wrong method with 405", async () => {
    const { app } = await setup();
    const missing = await app.inject("/api/v1/nothing?token=secret");
    assert.deepEqual([missing.statusCode, missing.json().reason], [404, "ROUTE_NOT_FOUND"]);
    const wrong = await app.inject({ method: "PUT", url: "/api/v1/users/u1?x=y" });
    assert.deepEqual([wrong.statusCode, wrong.headers.allow], [405, "DELETE, GET, HEAD, PATCH"]);
    assert.equal((await app.inject({ method: "POST", url: "/api/v1/users/u1:nothing" })).statusCode, 404);
    const garbled = await app.inject("/api/v1/users/%ff");
    assert.deepEqual([garbled.statusCode, garbled.headers["x-request-id"]], [400, garbled.json().requestId]);
  });
});

describe("problem", () => {
  const post = (app: FastifyInstance, payload: string, headers: Record<string, string> = {}) =>
    app.inject({
      method: "POST",
      url: "/api/v1/auth/login",
      payload,
      headers: { "content-type": "application/json", ...headers },
    });

  it("has the members of RFC 9457 and ours, and is kept by no cache", async () => {
    const { app } = await setup({}, () => {
      throw toConnectError(new DomainError("already-exists", "EMAIL_TAKEN", "taken", { field: "email" }));
    });
    const { statusCode, headers, body } = await post(app, "{}", { "x-request-id": "r-1" });
    assert.equal(statusCode, 409);
    assert.equal(headers["content-type"], "application/problem+json");
    assert.equal(headers["cache-control"], "no-store");
    assert.deepEqual(JSON.parse(body), {
      type: "about:blank",
      title: "Conflict",
      status: 409,
      detail: "taken",
      reason: "EMAIL_TAKEN",
      requestId: "r-1",
      violations: [{ field: "email", rule: "EMAIL_TAKEN", message: "taken" }],
    });
  });

  it("security 26: of a bug says nothing but internal error", async () => {
    const { app } = await setup({}, () => {
      throw new TypeError("password_hash of ada@example.com is undefined");
    });
    const { statusCode, body } = await post(app, "{}");
    assert.deepEqual(
      [statusCode, JSON.parse(body).detail, JSON.parse(body).reason],
      [500, "internal error", "INTERNAL"],
    );
    assert.ok(!body.includes("ada"));
  });

  it("names the field below the body's root where the body is one field of the request", async () => {
    const { app } = await setup({}, () => {
      throw toConnectError(new DomainError("invalid-argument", "INVALID_NAME", "bad", { field: "user.name" }));
    });
    const answer = await app.inject({ method: "PATCH", url: "/api/v1/users/u1", payload: { name: "x" } });
    assert.deepEqual([answer.statusCode, answer.json().violations[0].field], [400, "name"]);
  });

  it("is the answer to bodies that are no JSON, too large, or of another type", async () => {
    const { app, calls } = await setup();
    const cases: [string, Record<string, string>, number, string][] = [
      ['{"email":', {}, 400, "MALFORMED_JSON"],
      ['{"email":"a","email":"b"}', {}, 400, "INVALID_REQUEST"],
      [`{"email":"${"a".repeat(70_000)}"}`, {}, 413, "BODY_TOO_LARGE"],
      ["email=a", { "content-type": "application/x-www-form-urlencoded" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
      ["{}", { "content-type": "application/json; charset=iso-8859-1" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
      ["{}", { "content-type": "nonsense" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
      ["{}", { "content-encoding": "gzip" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
    ];
    for (const [payload, headers, status, reason] of cases) {
      const { statusCode, body, headers: sent } = await post(app, payload, headers);
      assert.deepEqual([statusCode, JSON.parse(body).reason], [status, reason], payload.slice(0, 40));
      assert.equal(sent["content-type"], "application/problem+json");
    }
    assert.equal(calls().length, 0);
  });

  it("is not the answer to an empty body, whatever its type", async () => {
    const { app } = await setup();
    for (const headers of [
      { "content-type": "application/x-www-form-urlencoded" },
      { "content-type": "application/json" },
    ]) {
      assert.equal((await post(app, "", headers)).statusCode, 200);
    }
    assert.equal((await post(app, "{}", { "content-type": 'application/json; charset="UTF-8"' })).statusCode, 200);
  });

  it("is a server's error when the service is away or late", async () => {
    for (const [code, status] of [
      [Code.Unavailable, 503],
      [Code.DeadlineExceeded, 504],
    ] as const) {
      const { app } = await setup({}, () => {
        throw new ConnectError("10.0.0.7", code);
      });
      assert.equal((await app.inject("/api/v1/auth/sessions")).statusCode, status);
    }
  });
});

describe("a method with too many calls under way", () => {
  it("refuses more of them, and keeps no other method from answering", async () => {
    const { promise, resolve } = Promise.withResolvers<object>();
    const { transport } = recordingTransport(library, ({ method }) => (method === "GetBook" ? promise : {}));
    const app = await openGateway([[library, transport]], { limits: { callsAtOnce: 2 } });
    opened.push(app);
    const getBook = async () => app.inject({ method: "GET", url: "/v1/books/b1" });
    const inside = [getBook(), getBook()];
    const refused = await getBook();
    assert.deepEqual(
      [refused.statusCode, refused.headers["retry-after"], refused.json().reason],
      [503, "1", "OVERLOADED"],
    );
    assert.equal((await app.inject({ method: "POST", url: "/v1/books/b1:archive" })).statusCode, 200);
    resolve({});
    for (const answer of await Promise.all(inside)) assert.equal(answer.statusCode, 200);
  });
});

describe("a refusal", () => {
  const overloaded = (): never => {
    throw toConnectError(new DomainError("resource-exhausted", "OVERLOADED", "too much to do"));
  };
  const noRoom = [
    ["a service", {}, overloaded],
    ["the gateway", { limits: { callsAtOnce: 0 } }, () => ({})],
  ] as const;
  for (const [where, options, answer] of noRoom) {
    it(`for want of room in ${where} leaves when its turn comes, and holds back nothing else`, async () => {
      const [asked, turn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const refusalPace = () => {
        asked.resolve();
        return turn.promise;
      };
      const { app } = await setup({ ...options, refusalPace }, answer);
      const refused = app.inject("/api/v1/auth/sessions");
      await Promise.race([asked.promise, refused]);
      const first = await Promise.race([refused, app.inject("/livez")]);
      assert.equal(first.statusCode, 200);
      turn.resolve();
      const { statusCode, body } = await refused;
      assert.deepEqual([statusCode, JSON.parse(body).reason], [503, "OVERLOADED"]);
    });
  }

  it("for any other reason leaves at once", async () => {
    const failures: [unknown, number, string][] = [
      [toConnectError(new DomainError("resource-exhausted", "THROTTLED", "later")), 429, "THROTTLED"],
      [new ConnectError("full", Code.ResourceExhausted), 429, "RESOURCE_EXHAUSTED"],
      [toConnectError(new DomainError("unavailable", "DEPENDENCY_UNAVAILABLE", "away")), 503, "DEPENDENCY_UNAVAILABLE"],
      [new ConnectError("away", Code.Unavailable), 503, "UNAVAILABLE"],
      [new ConnectError("late", Code.DeadlineExceeded), 504, "DEADLINE_EXCEEDED"],
      [new TypeError("a bug"), 500, "INTERNAL"],
    ];
    for (const [failure, status, reason] of failures) {
      const refusalPace = mock.fn(async () => {});
      const { app } = await setup({ refusalPace }, () => {
        throw failure;
      });
      const { statusCode, body } = await app.inject("/api/v1/auth/sessions");
      assert.deepEqual([statusCode, JSON.parse(body).reason, refusalPace.mock.callCount()], [status, reason, 0]);
    }
  });
});

describe("what a service learns of a request", () => {
  it("is the token, the request id, the trace, the address, the device and its language, and no other header", async () => {
    const { app, calls } = await setup({ trustedHops: 1 });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await app.inject({
      url: "/api/v1/auth/sessions",
      headers: {
        authorization: "Bearer t",
        "x-request-id": "r-1",
        traceparent,
        "user-agent": "Firefox\u00ff on Ünix",
        "accept-language": "es-MX, es;q=0.9",
        "x-forwarded-for": "198.51.100.66, 203.0.113.1",
        "limen-client-ip": "6.6.6.6",
        "limen-user-agent": "forged",
        "limen-accept-language": "forged",
        "limen-service-credential": "gateway:guess",
        "x-user-id": "admin",
        cookie: "a=b",
      },
    });
    const header = calls()[0]?.header;
    assert.deepEqual(
      [
        header?.get("authorization"),
        header?.get("x-request-id"),
        header?.get("traceparent"),
        header?.get("limen-client-ip"),
        header?.get("limen-user-agent"),
        header?.get("limen-accept-language"),
      ],
      ["Bearer t", "r-1", traceparent, "203.0.113.1", "Firefox on nix", "es-MX, es;q=0.9"],
    );
    for (const name of ["limen-service-credential", "x-user-id", "cookie"]) assert.equal(header?.get(name), null, name);
  });

  it("is a new request id and a new trace where those sent are unfit", async () => {
    const { app, calls } = await setup();
    const headers = { "x-request-id": "a b\u00e9", traceparent: `00-${"0".repeat(32)}-b7ad6b7169203331-01` };
    const answer = await app.inject({ url: "/api/v1/auth/sessions", headers });
    const header = calls()[0]?.header;
    assert.match(String(answer.headers["x-request-id"]), /^[0-9a-f-]{36}$/);
    assert.equal(header?.get("x-request-id"), answer.headers["x-request-id"]);
    assert.match(header?.get("traceparent") ?? "", /^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-\d\d$/);
  });

  it("is the deadline of the call", async () => {
    const { app, calls } = await setup({ limits: { callMs: 4_321 } });
    await app.inject("/api/v1/auth/sessions");
    assert.equal(calls()[0]?.header.get("connect-timeout-ms"), "4321");
  });
});

describe("answers", () => {
  it("carry security headers", async () => {
    const { app } = await setup();
    const { headers } = await app.inject("/api/v1/auth/sessions");
    assert.equal(headers["content-security-policy"], "default-src 'none';frame-ancestors 'none'");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["access-control-allow-origin"], undefined);
  });

  it("let pages of configured origins in, and of no other", async () => {
    const { app } = await setup({ corsOrigins: ["https://app.example.com"] });
    const ask = async (origin: string) => {
      const answer = await app.inject({
        method: "OPTIONS",
        url: "/api/v1/auth/login",
        headers: { origin, "access-control-request-method": "POST" },
      });
      return answer.headers["access-control-allow-origin"];
    };
    assert.equal(await ask("https://app.example.com"), "https://app.example.com");
    assert.notEqual(await ask("https://evil.example.com"), "https://evil.example.com");
    const { headers } = await app.inject({
      url: "/api/v1/auth/sessions",
      headers: { origin: "https://app.example.com" },
    });
    assert.match(String(headers["access-control-expose-headers"]), /etag, location/);
  });

  it("tell whether the gateway is alive and ready", async () => {
    let ready = false;
    const { app } = await setup({ ready: () => ready });
    assert.equal((await app.inject("/livez")).statusCode, 200);
    assert.equal((await app.inject("/readyz")).statusCode, 503);
    ready = true;
    assert.equal((await app.inject("/readyz")).statusCode, 200);
  });

  it("come from development routes where a setup adds some", async () => {
    const { app } = await setup({ developmentRoutes: (inner) => void inner.get("/dev/mailbox", async () => []) });
    assert.deepEqual((await app.inject("/dev/mailbox")).json(), []);
  });
});

describe("documentation page", () => {
  it("stands on the document of the routes", async () => {
    const { app } = await setup({ publicUrl: "https://limen.example" });
    const document = (await app.inject("/openapi.json")).json();
    assert.ok(document.paths["/v1/books"].get && document.paths["/api/v1/auth/login"].post);
    assert.deepEqual(
      document.servers.map(({ url }: { url: string }) => url),
      ["/", "https://limen.example"],
    );
  });

  it("loads nothing from elsewhere and runs nothing inline", async () => {
    const { app } = await setup();
    const page = await app.inject("/docs");
    assert.match(String(page.headers["content-security-policy"]), /script-src 'self';style-src 'self';/);
    assert.doesNotMatch(page.body, /https?:|<script>|<style|style=|on\w+=/);
    const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
    assert.equal(assets.length, 4);
    for (const asset of assets) assert.equal((await app.inject(asset)).statusCode, 200, asset);
    assert.equal((await app.inject("/docs/package.json")).statusCode, 404);
    assert.equal((await app.inject("/docs/../package.json")).statusCode, 404);
  });
});
