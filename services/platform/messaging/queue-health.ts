import type { Log } from "../log.ts";
import { queueSound } from "./messaging-metrics.ts";

/** What is known of the queues that a transport reads. One that nothing is known of yet counts as sound. */
export interface QueueHealth {
  note(queue: string, sound: boolean): void;
  allSound(): boolean;
}

export function createQueueHealth(log: Log): QueueHealth {
  const ill = new Set<string>();
  return {
    note(queue, sound) {
      queueSound.set({ queue }, sound ? 1 : 0);
      if (sound === !ill.has(queue)) return;
      if (sound) {
        ill.delete(queue);
        log.info({ event: "queue_sound", queue }, "the queue takes messages again");
      } else {
        ill.add(queue);
        log.error({ event: "queue_ill", queue }, "the queue takes no messages");
      }
    },
    allSound: () => ill.size === 0,
  };
}
