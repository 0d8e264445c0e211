import { median, spreadOf } from "../measure.ts";
import { plainMeasurement, type Subject } from "../subject.ts";
import { roleNames } from "../system.ts";

/** One role after the other, while the others run: what a rolling update waits for. */
export const startToReady: Subject = {
  name: "start-to-ready",
  what: "from the start of a process until it is ready, of the slowest role",
  limit: "nothing",
  goal: { unit: "ms", atMost: 1_000 },
  async measure({ limen, pace, signal }) {
    const starts: { role: string; times: number[] }[] = [];
    for (const role of roleNames) {
      const times: number[] = [];
      for (let start = 0; start < pace.starts; start++) {
        signal.throwIfAborted();
        times.push(await limen.restart(role));
      }
      starts.push({ role, times });
    }
    const [slowest] = starts.toSorted((one, other) => median(other.times) - median(one.times));
    if (slowest === undefined) throw new Error("there is no role");
    return {
      ...plainMeasurement(median(slowest.times), spreadOf(slowest.times)),
      parts: starts.map(({ role, times }) => ({ name: role, value: `${median(times).toFixed(0)} ms` })),
    };
  },
};
