import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { networkOf } from "./network-of.ts";

describe("the network of an address", () => {
  it("security 9: is an IPv4 address itself, also where IPv6 carries it", () => {
    for (const address of ["203.0.113.7", "::ffff:203.0.113.7", "::FFFF:cb00:7107"]) {
      assert.equal(networkOf(address), "203.0.113.7");
    }
  });

  it("security 9: is the first 64 bits of an IPv6 address, however it is written", () => {
    for (const address of [
      "2001:db8:0:1::1",
      "2001:0DB8:0000:0001:0:0:0:1",
      "2001:db8:0:1:ffff:ffff:ffff:ffff",
      "2001:db8:0:1::203.0.113.7",
      "2001:db8:0:1::5%eth0",
    ]) {
      assert.equal(networkOf(address), "2001:db8:0:1::/64", address);
    }
    assert.notEqual(networkOf("2001:db8:0:2::1"), networkOf("2001:db8:0:1::1"));
    assert.equal(networkOf("2001:db8::1"), "2001:db8:0:0::/64");
    assert.equal(networkOf("::1"), "0:0:0:0::/64");
    assert.equal(networkOf("::"), networkOf("::1"));
  });

  it("is one and the same for whatever is no address", () => {
    assert.deepEqual(["", "localhost", "1.2.3"].map(networkOf), ["unknown", "unknown", "unknown"]);
  });
});
