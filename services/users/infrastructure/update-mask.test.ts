import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { UpdateUserRequestSchema } from "../../../proto/gen/limen/users/v1/user_service_pb.ts";
import { requestedName } from "./update-mask.ts";

const nameIn = (request: MessageInitShape<typeof UpdateUserRequestSchema>) =>
  requestedName(create(UpdateUserRequestSchema, request));

describe("the name that an update asks for", () => {
  it("is the one that the mask names", () => {
    assert.equal(nameIn({ user: { name: "Ada" }, updateMask: { paths: ["name"] } }), "Ada");
  });

  it("is empty when the mask names it and nothing is given, so that it can be refused", () => {
    assert.equal(nameIn({ user: {}, updateMask: { paths: ["name"] } }), "");
  });

  it("is the populated one without a mask", () => {
    assert.equal(nameIn({ user: { name: "Ada" } }), "Ada");
    assert.equal(nameIn({ user: { name: "Ada" }, updateMask: { paths: [] } }), "Ada");
  });

  it("is none when none is given", () => assert.equal(nameIn({ user: { id: "u1", etag: "v1" } }), null));

  for (const path of ["email", "status", "id", "create_time", "name.first", "*"]) {
    it(`comes without ${path}, which nobody may change`, () => {
      const update = () => nameIn({ user: { name: "Ada" }, updateMask: { paths: ["name", path] } });
      assert.throws(update, { reason: "FIELD_NOT_UPDATABLE", field: `user.${path}` });
    });
  }
});
