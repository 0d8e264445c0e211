import { backoffMs, sleep } from "../timing.ts";

/** Holds back a consumer's messages while something that they need is down. */
export interface PauseGate {
  /** Resolves when messages may be handled: at once, or after the pause. */
  opened(): Promise<void>;
  /** Shuts for 100 ms, longer after each pause that did not help, up to 1.5 s. Shutting it twice is shutting it once. */
  pause(): void;
  /** Something worked: the next pause is a short one again. */
  reset(): void;
}

/** An aborted signal opens the gate for good, so that nobody waits for what has ended. */
export function createPauseGate(signal: AbortSignal): PauseGate {
  let pauses = 0;
  let reopening: Promise<void> | null = null;
  return {
    opened: async () => {
      while (reopening !== null) await reopening;
    },
    pause() {
      if (reopening !== null) return;
      reopening = sleep(backoffMs(pauses), signal).then(() => {
        reopening = null;
      });
      pauses += 1;
    },
    reset() {
      pauses = 0;
    },
  };
}
