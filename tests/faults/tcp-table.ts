import { readFile } from "node:fs/promises";

/** One end of a TCP connection on this machine. */
export interface TcpEnd {
  /** Whether the kernel has a timer for it: to send again what was not acknowledged, or to ask (keepalive). */
  readonly hasTimer: boolean;
}

const established = "01";

/** The ends that belong to clients of a port of the loopback interface, by what Linux tells of them (proc_net_tcp.txt). */
export async function clientsOf(port: number): Promise<TcpEnd[]> {
  const remote = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const table = await readFile("/proc/net/tcp", "utf8");
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , address, state]) => address === remote && state === established)
    .map(([, , , , , timer = ""]) => ({ hasTimer: !timer.startsWith("00:") }));
}
