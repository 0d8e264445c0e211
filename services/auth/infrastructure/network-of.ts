import { isIPv4, isIPv6, SocketAddress } from "node:net";

/**
 * The network that an address counts for: an IPv4 address by itself, an IPv6 address by its first 64 bits, since whoever
 * has one of these has them all. One text per network, however the address is written. "unknown" for anything else.
 */
export function networkOf(ipAddress: string): string {
  if (isIPv4(ipAddress)) return ipAddress;
  if (!isIPv6(ipAddress)) return "unknown";
  const { address } = new SocketAddress({ address: ipAddress.replace(/%.*$/, ""), family: "ipv6" });
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  // An embedded IPv4 address stands for the last two groups, which the prefix does not reach.
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const width = last.length + (last.at(-1)?.includes(".") ? 1 : 0);
  const missing = tail === undefined ? 0 : 8 - groups.length - width;
  return `${[...groups, ...Array<string>(missing).fill("0"), ...last].slice(0, 4).join(":")}::/64`;
}
