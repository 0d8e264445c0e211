import assert from "node:assert/strict";
import { EventEmitter, on, once } from "node:events";
import { describe, it } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { WatchRevocationsResponseSchema } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { createRevocationFollower } from "./follow-revocations.ts";
import type { Revocation, RevocationSet } from "./revocation-set.ts";

const answer = (...sessionIds: string[]) =>
  create(WatchRevocationsResponseSchema, {
    revocations: sessionIds.map((sessionId) => ({ sessionId, expireTime: timestampFromDate(new Date(5000)) })),
  });

/** Streams are scripted one after the other; each begins when the follower connects. */
function setUp(
  streams: ((signal: AbortSignal) => AsyncIterable<ReturnType<typeof answer>>)[],
  behaviour: Partial<RevocationSet> = {},
) {
  const events = new EventEmitter();
  const heard: string[] = [];
  const note = (what: string) => (revocations?: Iterable<Revocation>) => {
    heard.push([what, ...Array.from(revocations ?? [], ({ sessionId }) => sessionId)].join(" "));
    events.emit("heard", heard.length);
  };
  const revocations: RevocationSet = {
    replace: note("replace"),
    add: note("add"),
    touch: note("touch"),
    isRevoked: () => false,
    ready: () => true,
    ...behaviour,
  };
  const follower = createRevocationFollower({
    client: {
      watchRevocations(_, options) {
        const next = streams.shift();
        assert.ok(next, "connected once too often");
        return next(options?.signal ?? new AbortController().signal);
      },
    },
    revocations,
    log: { info() {}, warn() {} },
    silenceMs: 50,
  });
  const heardAtLeast = async (count: number) => {
    if (heard.length >= count) return;
    for await (const [length] of on(events, "heard")) if (length >= count) return;
  };
  return { follower, heard, heardAtLeast };
}

async function silence(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, "abort");
  throw signal.reason;
}

function refused(): AsyncIterable<never> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("refused")) }) };
}

describe("following revocations", () => {
  it("takes the first answer for the snapshot and the others for changes", async () => {
    const { follower, heard, heardAtLeast } = setUp([
      async function* (signal) {
        yield answer("a", "b");
        yield answer();
        yield answer("c");
        await silence(signal);
      },
    ]);
    follower.start();
    follower.start();
    await heardAtLeast(3);
    await follower.stop();
    assert.deepEqual(heard, ["replace a b", "add", "add c"]);
  });

  it("takes a snapshot that comes in pieces for one", async () => {
    const piece = (...sessionIds: string[]) => ({ ...answer(...sessionIds), more: true });
    const { follower, heard, heardAtLeast } = setUp([
      async function* () {
        yield piece("lost with its stream");
      },
      async function* (signal) {
        yield piece("a", "b");
        yield piece("c");
        yield answer("d");
        yield piece("e");
        yield answer("f");
        await silence(signal);
      },
    ]);
    follower.start();
    await heardAtLeast(3);
    await follower.stop();
    assert.deepEqual(heard, ["replace a b c d", "add e", "add f"]);
  });

  it("connects again after a failure, an end and a silence, each time with a new snapshot", async () => {
    const { follower, heard, heardAtLeast } = setUp([
      refused,
      async function* () {
        yield answer("a");
      },
      async function* (signal) {
        yield answer("b");
        await silence(signal);
      },
      async function* (signal) {
        yield answer("c");
        await silence(signal);
      },
    ]);
    follower.start();
    await heardAtLeast(3);
    await follower.stop();
    assert.deepEqual(heard, ["replace a", "replace b", "replace c"]);
  });

  it("ends a stream whose answer it cannot use", async () => {
    let isLeft = false;
    const { follower, heard, heardAtLeast } = setUp(
      [
        // As of Connect's client: nothing but its signal ends it.
        (signal) => {
          signal.addEventListener("abort", () => {
            isLeft = true;
          });
          return { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: answer("a") }) }) };
        },
        async function* (signal) {
          yield answer("b");
          await silence(signal);
        },
      ],
      { add: () => assert.fail("full") },
    );
    follower.start();
    await heardAtLeast(2);
    await follower.stop();
    assert.ok(isLeft);
    assert.deepEqual(heard, ["replace a", "replace b"]);
  });
});
