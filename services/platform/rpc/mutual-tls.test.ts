import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { register } from "prom-client";
import { ErrorInfoSchema } from "../../../proto/gen/google/rpc/error_details_pb.ts";
import { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { ConfigError } from "../config.ts";
import type { Log } from "../log.ts";
import { callerOf } from "./caller.ts";
import { createTestAuthority } from "./certificates.fixture.ts";
import { createGrpcTransport } from "./grpc-transport.ts";
import { type MutualTls, openMutualTls } from "./mutual-tls.ts";
import { startRpcServer } from "./rpc-server.fixture.ts";
import { createServiceCertificates } from "./service-certificates.ts";

const gateway = "spiffe://limen.test/gateway";

describe("mutual TLS", () => {
  const authority = createTestAuthority();
  let root: string;
  let opened: MutualTls[];
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "limen-tls-"));
    opened = [];
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((tls) => tls.stop()));
  });
  after(() => rm(root, { recursive: true }));

  const directory = (name: string) => join(root, name);

  /** Watches the directory; `events` tells what comes of it. */
  function open(name: string) {
    const events = new EventEmitter();
    const told = ({ event }: { event: string }) => events.emit(event);
    const log = { info: told, warn: told } as unknown as Log;
    const tls = openMutualTls({ directory: directory(name), log, everyMs: 10 });
    tls.start();
    opened.push(tls);
    return { tls, events };
  }

  async function openFresh(name: string, names: readonly string[], hours?: number, issuer = authority) {
    await issuer.issueInto(directory(name), names, hours);
    return open(name);
  }

  /** A server named localhost, where GetJwks says who called. */
  async function startServer(tls: MutualTls) {
    const allowed = new Map([[gateway, "gateway"]]);
    const tokens = { verify: () => assert.fail("no token was sent") };
    return startRpcServer({
      services: (registry) =>
        registry.add(AuthService, {
          getJwks: (_, context) => ({ keys: [{ kid: callerOf(context).service ?? "nobody" }] }),
          async *watchRevocations() {
            yield {};
            await new Promise(() => {});
          },
        }),
      authenticator: { tokens, services: createServiceCertificates(allowed) },
      grpcCredentials: tls.server,
    });
  }

  function connect(port: number, tls: MutualTls, host = "localhost") {
    const transport = createGrpcTransport({ target: `dns:///${host}:${port}`, credentials: tls.client });
    const client = createClient(AuthService, transport);
    return {
      client,
      whoAmI: async () => (await client.getJwks({}, { timeoutMs: 5_000 })).keys[0]?.kid,
      [Symbol.dispose]: () => transport.close(),
    };
  }

  const refusal = (code: Code, text: RegExp) => (error: unknown) => {
    assert.ok(error instanceof ConnectError, String(error));
    assert.equal(Code[error.code], Code[code], error.message);
    assert.match(error.message, text);
    return true;
  };

  it("knows a service by its certificate", async () => {
    const { tls } = await openFresh("server", ["localhost"]);
    await using server = await startServer(tls);
    using peer = connect(server.grpcPort, (await openFresh("gateway", ["gateway.limen.test", gateway])).tls);
    assert.equal(await peer.whoAmI(), "gateway");
    const stream = peer.client.watchRevocations({})[Symbol.asyncIterator]();
    assert.equal((await stream.next()).done, false);
  });

  it("refuses a peer that is not on the list, whoever issued its certificate", async () => {
    const { tls } = await openFresh("server", ["localhost"]);
    await using server = await startServer(tls);
    using peer = connect(server.grpcPort, (await openFresh("stranger", ["spiffe://limen.test/billing"])).tls);
    await assert.rejects(peer.whoAmI(), (error: unknown) => {
      assert.ok(error instanceof ConnectError);
      assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "PEER_NOT_ALLOWED");
      return refusal(Code.PermissionDenied, /names no service/)(error);
    });
  });

  it("refuses a peer whose certificate another authority issued, and one whose certificate has ended", async () => {
    const { tls } = await openFresh("server", ["localhost"]);
    await using server = await startServer(tls);
    await createTestAuthority("another").issueInto(directory("forger"), [gateway]);
    // It believes the right authority, and only shows what another one issued.
    await writeFile(join(directory("forger"), "ca.crt"), authority.certificate);
    for (const stranger of [open("forger"), await openFresh("late", [gateway], -1)]) {
      using peer = connect(server.grpcPort, stranger.tls);
      await assert.rejects(peer.whoAmI(), refusal(Code.Unavailable, /./));
    }
    using honest = connect(server.grpcPort, (await openFresh("gateway", [gateway])).tls);
    assert.equal(await honest.whoAmI(), "gateway");
  });

  it("refuses a server of another authority, one whose certificate has ended, and one of another name", async () => {
    const peer = await openFresh("gateway", [gateway]);
    const another = createTestAuthority("another");
    const servers = [
      [await openFresh("a", ["localhost"], 24, another), /self-signed certificate/],
      [await openFresh("b", ["localhost"], -1), /certificate has expired/],
      [await openFresh("c", ["users-grpc"]), /does not match certificate's altnames/],
    ] as const;
    for (const [{ tls }, complaint] of servers) {
      await using server = await startServer(tls);
      using connection = connect(server.grpcPort, peer.tls);
      await assert.rejects(connection.whoAmI(), refusal(Code.Unavailable, complaint));
    }
  });

  it("answers nobody in plaintext", async () => {
    const { tls } = await openFresh("server", ["localhost"]);
    await using server = await startServer(tls);
    const transport = createGrpcTransport({ target: `localhost:${server.grpcPort}` });
    await assert.rejects(createClient(AuthService, transport).getJwks({}, { timeoutMs: 5_000 }), {
      code: Code.Unavailable,
    });
    transport.close();
  });

  it("takes no service's word over HTTP, where there is no certificate", async () => {
    const { tls } = await openFresh("server", ["localhost"]);
    await using server = await startServer(tls);
    const client = createClient(AuthService, server.transports["connect json"]);
    assert.equal((await client.getJwks({})).keys[0]?.kid, "nobody");
    await assert.rejects(
      client.getJwks({}, { headers: { "limen-service-credential": "gateway:open sesame" } }),
      refusal(Code.Unauthenticated, /not valid/),
    );
  });

  it("takes new files for new connections, at both ends, and leaves open ones alone", async () => {
    const ours = await openFresh("server", ["localhost"]);
    const theirs = await openFresh("gateway", [gateway]);
    await using server = await startServer(ours.tls);
    using early = connect(server.grpcPort, theirs.tls);
    assert.equal(await early.whoAmI(), "gateway");

    const successor = createTestAuthority("successor");
    const reloads = Promise.all([ours, theirs].map(({ events }) => once(events, "certificate_reloaded")));
    await successor.issueInto(directory("next-server"), ["localhost"]);
    await successor.issueInto(directory("next-gateway"), [gateway]);
    await cp(directory("next-server"), directory("server"), { recursive: true });
    await cp(directory("next-gateway"), directory("gateway"), { recursive: true });
    await reloads;

    assert.equal(await early.whoAmI(), "gateway");
    using late = connect(server.grpcPort, theirs.tls);
    assert.equal(await late.whoAmI(), "gateway");
    using behind = connect(server.grpcPort, (await openFresh("old", [gateway])).tls);
    await assert.rejects(behind.whoAmI(), refusal(Code.Unavailable, /./));
  });

  it("exports when its certificate ends, the new one's once it has it, and nothing without one", async () => {
    const name = "limen_certificate_expiry_timestamp_seconds";
    const exported = async () =>
      /^limen_certificate\S+ (\S+)$/m.exec(await register.getSingleMetricAsString(name))?.[1];
    assert.equal(await exported(), undefined);
    const { tls, events } = await openFresh("measured", ["localhost"], 1);
    const first = tls.notAfter();
    assert.equal(Number(await exported()), first.getTime() / 1_000);
    const reloaded = once(events, "certificate_reloaded");
    await authority.issueInto(directory("renewed"), ["localhost"], 12);
    await cp(directory("renewed"), directory("measured"), { recursive: true });
    await reloaded;
    assert.ok(tls.notAfter() > first);
    assert.equal(Number(await exported()), tls.notAfter().getTime() / 1_000);
    await tls.stop();
    assert.equal(await exported(), undefined);
  });

  it("goes on with what it has while the files do not fit together", async () => {
    const ours = await openFresh("server", ["localhost"]);
    await using server = await startServer(ours.tls);
    const before = ours.tls.notAfter();
    const refused = once(ours.events, "periodic_work_failed");
    await authority.issueInto(directory("other"), ["localhost"], 12);
    await cp(join(directory("other"), "tls.key"), join(directory("server"), "tls.key"));
    await refused;
    assert.deepEqual(ours.tls.notAfter(), before);
    using peer = connect(server.grpcPort, (await openFresh("gateway", [gateway])).tls);
    assert.equal(await peer.whoAmI(), "gateway");
  });

  it("does not begin without usable files", async () => {
    assert.throws(() => open("nowhere"), ConfigError);
    await authority.issueInto(directory("broken"), ["localhost"]);
    await writeFile(join(directory("broken"), "ca.crt"), "none");
    assert.throws(() => open("broken"), /certificates in .*broken are not usable/);
  });
});
