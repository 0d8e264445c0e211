import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Metadata } from "@grpc/grpc-js";
import { GrpcHeaders, metadataOf, withAll } from "./grpc-headers.ts";

describe("gRPC headers", () => {
  it("show the metadata that they stand on", () => {
    const metadata = new Metadata();
    metadata.add("x-name", "Ada");
    metadata.add("x-name", "Grace");
    metadata.add("x-key-bin", Buffer.from("3q2+7w", "base64"));
    const headers = new GrpcHeaders(metadata);
    assert.deepEqual(
      [headers.get("X-Name"), headers.get("x-key-bin"), headers.get("x-other"), headers.has("x-other")],
      ["Ada, Grace", "3q2+7w", null, false],
    );
    assert.deepEqual(
      [...headers],
      [
        ["x-name", "Ada, Grace"],
        ["x-key-bin", "3q2+7w"],
      ],
    );
    assert.deepEqual(
      [[...headers.keys()], [...headers.values()]],
      [
        ["x-name", "x-key-bin"],
        ["Ada, Grace", "3q2+7w"],
      ],
    );
  });

  it("are the metadata that is sent", () => {
    const headers = new GrpcHeaders();
    assert.equal(metadataOf(headers), undefined);
    headers.append("X-Name", "Ada");
    headers.set("x-name", "Grace");
    headers.append("x-name", "Joan");
    headers.set("x-gone", "x");
    headers.delete("x-gone");
    headers.set("x-key-bin", "3q2+7w");
    assert.deepEqual(headers.metadata?.toJSON(), {
      "x-name": ["Grace", "Joan"],
      "x-key-bin": [Buffer.from("3q2+7w", "base64")],
    });
  });

  it("leave out what belongs to the protocol, and encode what gRPC cannot carry", () => {
    const headers = new GrpcHeaders();
    for (const name of ["grpc-status", "content-type", "te", "not a name", "é"]) headers.set(name, "x");
    headers.set("x-city", "Zürich\n");
    assert.deepEqual(headers.metadata?.toJSON(), { "x-city": ["Z%C3%BCrich%0A"] });
  });

  it("are made from any headers", () => {
    const plain = new Headers({ "x-name": "Ada", "content-type": "text/plain" });
    assert.deepEqual(metadataOf(plain)?.toJSON(), { "x-name": ["Ada"] });
    const own = new GrpcHeaders();
    own.set("x-name", "Grace");
    assert.equal(metadataOf(own), own.metadata);
    assert.equal(metadataOf(new Headers()), undefined);
    assert.equal(withAll(plain, own).get("x-name"), "Ada, Grace");
    assert.equal(new Headers(own).get("x-name"), "Grace");
  });
});
