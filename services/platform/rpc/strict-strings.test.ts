import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, StructSchema } from "@bufbuild/protobuf/wkt";
import { ErrorInfoSchema } from "../../../proto/gen/google/rpc/error_details_pb.ts";
import {
  BatchGetUsersRequestSchema,
  ListUsersRequestSchema,
  UpdateUserRequestSchema,
} from "../../../proto/gen/limen/users/v1/user_service_pb.ts";
import { checkStrings } from "./strict-strings.ts";

const lone = "a\ud800b";
const nul = "a\0b";
const at = (field: string) => ({ kind: "invalid-argument", reason: "INVALID_TEXT", field });

describe("strict strings", () => {
  it("lets all of Unicode pass", () => {
    const pageToken = "ä 漢字 👩‍🚀 \u{10ffff} \u0001 \ufffd";
    checkStrings(create(ListUsersRequestSchema, { pageToken }), ListUsersRequestSchema);
    checkStrings(create(ListUsersRequestSchema), ListUsersRequestSchema);
  });

  it("security 27: finds what is wrong wherever text can stand", () => {
    for (const bad of [lone, nul]) {
      const list = create(ListUsersRequestSchema, { pageToken: bad });
      assert.throws(() => checkStrings(list, ListUsersRequestSchema), at("page_token"));
      const inside = create(UpdateUserRequestSchema, { user: { name: bad } });
      assert.throws(() => checkStrings(inside, UpdateUserRequestSchema), at("user.name"));
      const mask = create(UpdateUserRequestSchema, { updateMask: { paths: ["name", bad] } });
      assert.throws(() => checkStrings(mask, UpdateUserRequestSchema), at("update_mask.paths[1]"));
      const ids = create(BatchGetUsersRequestSchema, { ids: ["a", bad] });
      assert.throws(() => checkStrings(ids, BatchGetUsersRequestSchema), at("ids[1]"));
      const value = create(ErrorInfoSchema, { metadata: { key: bad } });
      assert.throws(() => checkStrings(value, ErrorInfoSchema), at('metadata["key"]'));
      const key = create(ErrorInfoSchema, { metadata: { [bad]: "value" } });
      assert.throws(() => checkStrings(key, ErrorInfoSchema), at("metadata"));
    }
  });

  it("follows types that contain themselves", () => {
    const nested = create(FileDescriptorProtoSchema, {
      messageType: [{ nestedType: [{ nestedType: [{ name: nul }] }] }],
    });
    const path = "message_type[0].nested_type[0].nested_type[0].name";
    assert.throws(() => checkStrings(nested, FileDescriptorProtoSchema), at(path));
    const struct = create(StructSchema, { fields: { a: { kind: { case: "stringValue", value: nul } } } });
    assert.throws(() => checkStrings(struct, StructSchema), { reason: "INVALID_TEXT" });
  });
});
