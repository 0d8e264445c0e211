import { setFlagsFromString } from "node:v8";

/**
 * Under the image's bound V8 collects its whole heap whenever that has grown by a third or a half, and marks all that stays
 * each time. For a process whose work waits for that: let the heap double first.
 */
export const letHeapDouble = (): void => setFlagsFromString("--heap-growing-percent=100");
