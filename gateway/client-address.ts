import { isIP, isIPv6 } from "node:net";

/**
 * The address of the client, as far as it can be believed. Each trusted proxy appends the address that it saw, so the
 * client's is the entry that many places from the right; whatever stands left of it the client has written itself.
 * @param forwarded the header X-Forwarded-For
 * @param trustedHops how many proxies of ours stand in front; 0 for none
 */
export function clientAddress(socket: string | undefined, forwarded: string | undefined, trustedHops: number): string {
  const direct = canonical(socket ?? "");
  if (trustedHops === 0 || forwarded === undefined) return direct;
  const entries = forwarded.split(",").map((entry) => canonical(entry));
  const entry = entries[Math.max(0, entries.length - trustedHops)] ?? "";
  return isIP(entry) === 0 ? direct : entry;
}

/** Without a port, brackets, a zone, and the form ::ffff:192.0.2.1 in which an IPv6 socket shows IPv4. */
function canonical(address: string): string {
  const bare = address.trim().replace(/^"?\[([^\]]+)\](?::\d+)?"?$/, "$1");
  const host = isIPv6(bare) ? bare.replace(/%.*$/, "") : bare.replace(/^(\d+(?:\.\d+){3}):\d+$/, "$1");
  return host.replace(/^::ffff:(?=\d+\.)/i, "");
}
