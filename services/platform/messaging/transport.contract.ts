import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { DomainError } from "../errors.ts";
import { type Delivery, PermanentFailure } from "./message.ts";
import {
  batchSize,
  batchType,
  commandTo,
  event,
  ids,
  maxAttempts,
  type OpenTransport,
  prepareTransport,
  publishUntilHandedOver,
  type TransportOptions,
  type TransportSetup,
} from "./transport.fixture.ts";

/** Every transport runs these, so that the embedded one cannot drift from the broker. */
export function transportContract(name: string, open: (options: TransportOptions) => Promise<OpenTransport>): void {
  const test = (title: string, body: (setup: TransportSetup) => Promise<void>) =>
    it(title, { timeout: 20_000 }, async () => {
      const setup = await prepareTransport(open);
      try {
        await body(setup);
      } finally {
        await setup.dispose();
      }
    });

  describe(`Transport contract: ${name}`, () => {
    test("a command reaches its queue as it was sent", async ({ transport, commandQueue }) => {
      const { queue, received, arrived } = await commandQueue();
      const command = commandTo(queue, {
        subject: "größe/ſ-人",
        time: new Date("2026-02-28T23:59:59.123Z"),
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        data: { name: "Zoë 👩🏽‍🚀 \u0000 人", nested: { list: [1, -0.5, null, true, ""] }, "": {} },
      });
      assert.deepEqual(await transport.publish([command]), new Set([command.id]));
      await arrived(1);
      const { exchange: _, routingKey: __, mandatory: ___, ...message } = command;
      assert.deepEqual(received, [{ ...message, attempt: 1 }]);
    });

    test("a message without a trace context arrives without one", async ({ transport, commandQueue }) => {
      const { queue, received, arrived } = await commandQueue();
      await transport.publish([commandTo(queue, { traceparent: "" })]);
      await arrived(1);
      assert.equal(received[0]?.traceparent, "");
    });

    test("an event reaches every queue bound to its type, and no other", async ({ transport, eventQueue }) => {
      const created = `test.${randomUUID()}.Created`;
      const deleted = `test.${randomUUID()}.Deleted`;
      const [one, both, other] = [
        await eventQueue(created),
        await eventQueue(created, deleted),
        await eventQueue(deleted),
      ];
      const [creation, deletion] = [event(created), event(deleted)];
      assert.equal((await transport.publish([creation, deletion])).size, 2);
      await Promise.all([one.arrived(1), both.arrived(2), other.arrived(1)]);
      assert.deepEqual(ids(one.received), [creation.id]);
      assert.deepEqual(ids(both.received).sort(), [creation.id, deletion.id].sort());
      assert.deepEqual(ids(other.received), [deletion.id]);
    });

    test("a mandatory message that nobody receives is not handed over", async ({ transport, commandQueue }) => {
      const { queue, arrived } = await commandQueue();
      const [lost, found] = [commandTo(`nobody-${randomUUID()}`), commandTo(queue)];
      assert.deepEqual(await transport.publish([lost, found]), new Set([found.id]));
      await arrived(1);
    });

    test("a message that is not mandatory is handed over to nobody", async ({ transport }) => {
      const message = event(`test.${randomUUID()}.Ignored`, { mandatory: false });
      assert.deepEqual(await transport.publish([message]), new Set([message.id]));
    });

    test("a batch of 500 arrives whole", async ({ transport, commandQueue }) => {
      const { queue, received, arrived } = await commandQueue();
      const batch = Array.from({ length: 500 }, () => commandTo(queue));
      assert.deepEqual(await transport.publish(batch), new Set(ids(batch)));
      await arrived(500);
      assert.deepEqual(new Set(ids(received)), new Set(ids(batch)));
    });

    test("a message that fails comes again, with the attempts counted", async ({ transport, commandQueue }) => {
      const { queue, received, arrived } = await commandQueue(async ({ attempt }) => {
        if (attempt < 3) throw new Error("not yet");
      });
      await publishUntilHandedOver(transport, [commandTo(queue)]);
      await arrived(3);
      assert.deepEqual(
        received.map(({ attempt }) => attempt),
        [1, 2, 3],
      );
    });

    test("a failure at one queue is no reason to deliver again at another", async ({ transport, eventQueue, on }) => {
      const type = `test.${randomUUID()}.Created`;
      const steady = await eventQueue(type);
      const failing = await on([type], async ({ attempt }) => {
        if (attempt === 1) throw new Error("not yet");
      });
      await publishUntilHandedOver(transport, [event(type)]);
      await failing.arrived(2);
      assert.equal(steady.received.length, 1);
    });

    test("a permanent failure is a dead letter and does not come back", async (setup) => {
      const { transport, commandQueue, deadLetters } = setup;
      const { queue, received, arrived } = await commandQueue(async ({ subject }) => {
        if (subject !== "poison") return;
        throw new Error("while handling", { cause: new PermanentFailure("UNKNOWN_TYPE", "nobody handles it") });
      });
      const [poison, sound] = [commandTo(queue, { subject: "poison" }), commandTo(queue)];
      assert.deepEqual(await transport.publish([poison]), new Set([poison.id]));
      const letter = await deadLetters.next();
      await transport.publish([sound]);
      await arrived(2);
      assert.deepEqual(ids(received), [poison.id, sound.id]);
      assert.deepEqual(letter, {
        queue,
        messageId: poison.id,
        type: poison.type,
        source: poison.source,
        subject: "poison",
        traceparent: poison.traceparent,
        reason: "UNKNOWN_TYPE",
        detail: "nobody handles it",
        attempts: 1,
        data: JSON.stringify(poison.data),
      });
    });

    test("a message that always fails is given up, without quoting the error", async (setup) => {
      const { transport, commandQueue, deadLetters } = setup;
      const { queue, received } = await commandQueue(async () => {
        throw new TypeError("password hunter2");
      });
      const message = commandTo(queue);
      await publishUntilHandedOver(transport, [message]);
      const letter = await deadLetters.next();
      assert.equal(letter.messageId, message.id);
      assert.equal(letter.reason, "ATTEMPTS_EXHAUSTED");
      assert.equal(letter.attempts, maxAttempts);
      assert.equal(letter.detail, `${maxAttempts} attempts failed, the last with TypeError`);
      assert.equal(received.length, maxAttempts);
    });

    test("a dead letter is offered until it is kept", async ({ transport, commandQueue, deadLetters }) => {
      const { queue } = await commandQueue(async () => {
        throw new PermanentFailure("UNREADABLE_BODY", "not a CreateUser");
      });
      deadLetters.refuse(1);
      const message = commandTo(queue);
      await publishUntilHandedOver(transport, [message]);
      assert.equal((await deadLetters.next()).messageId, message.id);
      assert.equal(deadLetters.refused(), 1);
    });

    test("an outage of something the handler needs costs no attempt", async ({ transport, commandQueue }) => {
      let outages = maxAttempts;
      const { queue, received, arrived } = await commandQueue(async () => {
        outages -= 1;
        if (outages < 0) return;
        const cause = new DomainError("unavailable", "DEPENDENCY_UNAVAILABLE", "the database is not available");
        throw new Error("while handling", { cause });
      });
      await publishUntilHandedOver(transport, [commandTo(queue)]);
      await arrived(maxAttempts + 1);
      assert.deepEqual(new Set(received.map(({ attempt }) => attempt)), new Set([1]));
    });

    test("messages of a batch's type are handled together, and all others alone", async (setup) => {
      const { transport, batchQueue } = setup;
      const { queue, received, batches, arrived } = await batchQueue();
      const many = Array.from({ length: 100 }, () => commandTo(queue, { type: batchType }));
      const others = [commandTo(queue), commandTo(queue)];
      const sent = [...many, ...others];
      assert.deepEqual(await transport.publish(sent), new Set(ids(sent)));
      await arrived(sent.length);
      assert.deepEqual(ids(received).sort(), ids(sent).sort());
      const together = batches.flat();
      assert.ok(together.every(({ type, attempt }) => type === batchType && attempt === 1));
      assert.ok(together.length > 90, `only ${together.length} of 100 were handled together`);
      assert.ok(batches.every(({ length }) => length <= batchSize));
      assert.ok(batches.some(({ length }) => length > 1));
    });

    test("a batch that fails is tried in smaller ones, and costs only the poison an attempt", async (setup) => {
      const { transport, batchQueue, deadLetters } = setup;
      const poisonous = ({ subject }: Delivery) => subject === "poison";
      const { queue, received, arrived, batches } = await batchQueue(
        async (delivery) => {
          if (poisonous(delivery)) throw new PermanentFailure("INVALID_BODY", "nothing helps");
        },
        async (deliveries) => {
          if (deliveries.some(poisonous)) throw new Error("not all of these");
        },
      );
      const sent = Array.from({ length: 16 }, (_, i) =>
        commandTo(queue, { type: batchType, subject: i === 5 ? "poison" : "sound" }),
      );
      await publishUntilHandedOver(transport, sent);
      assert.equal((await deadLetters.next()).messageId, sent[5]?.id);
      await arrived(16);
      assert.deepEqual(ids(received).sort(), ids(sent).sort());
      assert.ok(batches.flat().length >= 8, "one half at least was sound");
    });

    test("a message that failed before is handled alone", async ({ transport, batchQueue }) => {
      const { queue, received, batches, arrived } = await batchQueue(
        async ({ attempt }) => {
          if (attempt === 1) throw new Error("not yet");
        },
        () => Promise.reject(new Error("not yet")),
      );
      const sent = [commandTo(queue, { type: batchType }), commandTo(queue, { type: batchType })];
      await publishUntilHandedOver(transport, sent);
      await arrived(4);
      assert.deepEqual(received.map(({ attempt }) => attempt).sort(), [1, 1, 2, 2]);
      assert.equal(batches.length, 0);
    });

    test("an outage costs a batch no attempt", async ({ transport, batchQueue }) => {
      let outages = 5;
      const outage = async () => {
        outages -= 1;
        if (outages >= 0) throw new DomainError("unavailable", "DEPENDENCY_UNAVAILABLE", "the database is away");
      };
      const { queue, received, arrived } = await batchQueue(outage, outage);
      const sent = Array.from({ length: 8 }, () => commandTo(queue, { type: batchType }));
      await publishUntilHandedOver(transport, sent);
      while (new Set(ids(received)).size < 8) await arrived(received.length + 1);
      assert.deepEqual(new Set(received.map(({ attempt }) => attempt)), new Set([1]));
    });

    test("draining waits for the handlers at work, and takes nothing new", async ({ transport, commandQueue }) => {
      const gate = Promise.withResolvers<void>();
      let finished = false;
      const { queue, received, arrived } = await commandQueue(async () => {
        await gate.promise;
        finished = true;
      });
      const publishing = transport.publish([commandTo(queue)]);
      await arrived(1);
      const draining = transport.drain().then(() => finished);
      await transport.publish([commandTo(queue)]);
      gate.resolve();
      assert.equal(await draining, true);
      assert.equal((await publishing).size, 1);
      assert.equal(received.length, 1);
    });

    test("after closing, nothing is handed over and nothing is delivered", async ({ transport, commandQueue }) => {
      const { queue, received } = await commandQueue();
      assert.equal(transport.ready(), true);
      await transport.close();
      assert.equal(transport.ready(), false);
      assert.deepEqual(await transport.publish([commandTo(queue)]), new Set());
      assert.equal(received.length, 0);
    });
  });
}
