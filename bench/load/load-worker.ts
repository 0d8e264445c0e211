import { openClients } from "./clients.ts";
import { type Client, runClosedLoop, runOpenLoop } from "./loops.ts";
import type { Pattern, Work } from "./work.ts";

/** The process that load-process.ts starts: takes its work once, then patterns, and answers each with what came out. */

let clients: readonly Client[] = [];

async function run({ forMs, callsPerSecond, patient = false }: Pattern) {
  const before = process.cpuUsage();
  const window =
    callsPerSecond === undefined
      ? await runClosedLoop(clients, { forMs, patient })
      : await runOpenLoop(clients, { forMs, callsPerSecond });
  const { user, system } = process.cpuUsage(before);
  return { ...window, driverSeconds: (user + system) / 1e6 };
}

process.on("message", async (order: { readonly work: Work } | { readonly pattern: Pattern }) => {
  try {
    if ("work" in order) clients = await openClients(order.work);
    process.send?.({ result: "pattern" in order ? await run(order.pattern) : null });
  } catch (error) {
    process.send?.({ problem: error instanceof Error ? error.message : String(error) });
  }
});
process.on("disconnect", () => process.exit(0));
