import { readdirSync, readFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/** Above that of the process: a third of the weight that the scheduler gives to the other threads (sched(7)). */
const steps = 5;
const nicest = 19;

/**
 * Lets every event loop of the machine go first: a hash keeps a core for 25 ms and more, and with one on each core whoever
 * only has to answer "not now" would wait for them in turn. A core that nobody else wants is theirs as before.
 *
 * The threads are those of libuv, which start together with the first work for any of them: call this after a first hash.
 * Only on Linux has a thread a niceness of its own (setpriority(2), "C library/kernel differences"); nothing is done elsewhere.
 * @returns the ids of the threads.
 */
export function lowerHashingThreads(): number[] {
  if (process.platform !== "linux") return [];
  const threads = readdirSync("/proc/self/task").filter(isOfLibuv).map(Number);
  const niceness = Math.min(nicest, getPriority() + steps);
  for (const id of threads) setPriority(id, niceness);
  return threads;
}

const isOfLibuv = (id: string): boolean => readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim() === "libuv-worker";
