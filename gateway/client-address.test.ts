import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clientAddress } from "./client-address.ts";

describe("client address", () => {
  const cases: [string, string | undefined, number, string][] = [
    ["192.0.2.9", undefined, 0, "192.0.2.9"],
    ["192.0.2.9", "203.0.113.1", 0, "192.0.2.9"],
    ["192.0.2.9", "203.0.113.1", 1, "203.0.113.1"],
    ["192.0.2.9", "198.51.100.66, 203.0.113.1", 1, "203.0.113.1"],
    ["192.0.2.9", "198.51.100.66, 203.0.113.1, 192.0.2.8", 2, "203.0.113.1"],
    ["192.0.2.9", "203.0.113.1", 3, "203.0.113.1"],
    ["192.0.2.9", undefined, 1, "192.0.2.9"],
    ["192.0.2.9", "unknown", 1, "192.0.2.9"],
    ["192.0.2.9", "", 1, "192.0.2.9"],
    ["192.0.2.9", "203.0.113.1:4711", 1, "203.0.113.1"],
    ["192.0.2.9", '"[2001:db8::1]:4711"', 1, "2001:db8::1"],
    ["192.0.2.9", "2001:db8::1", 1, "2001:db8::1"],
    ["::ffff:192.0.2.9", undefined, 0, "192.0.2.9"],
    ["fe80::1%eth0", undefined, 0, "fe80::1"],
  ];
  for (const [socket, forwarded, hops, expected] of cases) {
    it(`security 10: from ${socket}, forwarded for ${forwarded ?? "nobody"}, with ${hops} hops, is ${expected}`, () => {
      assert.equal(clientAddress(socket, forwarded, hops), expected);
    });
  }
});
