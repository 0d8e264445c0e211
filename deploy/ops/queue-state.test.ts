import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, it } from "node:test";
import { queueState } from "./queue-state.ts";

const noLeader = { condition: "no-leader", messages: null, consumers: null };

describe("a queue without a leader", () => {
  it("is told from an empty one, though RabbitMQ 3.10 says the same of it and then ends the connection", async () => {
    const state = await ask({
      async get(connection) {
        connection.emit("error", new Error("Connection closed: 541 (INTERNAL-ERROR) … noproc"));
        throw new Error("Channel ended, no reply will be forthcoming");
      },
    });
    assert.deepEqual(state, noLeader);
  });

  it("is told from a missing one, though both are a 404", async () => {
    const refusal = (why: string) => async () => {
      throw new Error(`Operation failed: QueueDeclare; 404 (NOT-FOUND) with message "NOT_FOUND - ${why}"`);
    };
    const timeout = "failed to perform operation on queue 'q' in vhost '/' due to timeout";
    assert.deepEqual(await ask({ checkQueue: refusal(timeout) }), noLeader);
    assert.equal((await ask({ checkQueue: refusal("no queue 'q' in vhost '/'") })).condition, "missing");
  });

  it("is not assumed where the broker user may not ask", async () => {
    const state = await ask({
      async get() {
        throw new Error('Operation failed: BasicGet; 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - read access"');
      },
    });
    assert.equal(state.condition, "unknown");
  });
});

describe("a message that arrives while the queue is asked", () => {
  it("goes back", async () => {
    const returned: unknown[] = [];
    const state = await ask({ get: async () => "a message", nack: (...args) => void returned.push(args) });
    assert.deepEqual(state, { condition: "ok", messages: 0, consumers: 0 });
    assert.deepEqual(returned, [["a message", false, true]]);
  });
});

interface Answers {
  checkQueue(): Promise<unknown>;
  get(connection: EventEmitter): Promise<unknown>;
  nack(...args: unknown[]): void;
}

/** At a broker that answers so; an empty queue's answers where nothing else is said. */
function ask(answers: Partial<Answers>) {
  const connection = new EventEmitter();
  const channel = Object.assign(new EventEmitter(), {
    checkQueue: answers.checkQueue ?? (async () => ({ queue: "q", messageCount: 0, consumerCount: 0 })),
    get: () => answers.get?.(connection) ?? Promise.resolve(false),
    nack: answers.nack ?? assert.fail,
  });
  const dial = async () => Object.assign(connection, { createChannel: async () => channel, close: async () => {} });
  return queueState("amqp://nowhere", "q", dial as unknown as Parameters<typeof queueState>[2]);
}
