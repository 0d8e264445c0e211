import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create, createFileRegistry, type DescMethod, type DescService, setExtension } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  MethodOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { http } from "../../../proto/gen/google/api/annotations_pb.ts";
import { HttpRuleSchema } from "../../../proto/gen/google/api/http_pb.ts";
import { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { type Access, Access_Level, AccessSchema, access } from "../../../proto/gen/limen/options/v1/options_pb.ts";
import { UserService } from "../../../proto/gen/limen/users/v1/user_service_pb.ts";
import { readAccessPolicy } from "./access-policy.ts";

/** A service with one method, whose request has the string "id" and the number "size". */
function serviceWith(declared?: Partial<Pick<Access, "level" | "ownerField">>, hasRoute = false): DescService {
  const options = create(MethodOptionsSchema);
  if (declared !== undefined) setExtension(options, access, create(AccessSchema, declared));
  if (hasRoute) setExtension(options, http, create(HttpRuleSchema, { pattern: { case: "get", value: "/x" } }));
  const label = FieldDescriptorProto_Label.OPTIONAL;
  const file = create(FileDescriptorProtoSchema, {
    name: "test.proto",
    package: "test",
    syntax: "proto3",
    messageType: [
      {
        name: "Request",
        field: [
          { name: "id", number: 1, label, type: FieldDescriptorProto_Type.STRING },
          { name: "size", number: 2, label, type: FieldDescriptorProto_Type.INT32 },
        ],
      },
    ],
    service: [{ name: "S", method: [{ name: "M", inputType: ".test.Request", outputType: ".test.Request", options }] }],
  });
  const service = createFileRegistry(file, () => undefined).getService("test.S");
  assert.ok(service);
  return service;
}

const only = (service: DescService): DescMethod => {
  const [method] = service.methods;
  assert.ok(method);
  return method;
};

describe("access policy", () => {
  it("knows every method of Limen's services", () => {
    const policy = readAccessPolicy([UserService, AuthService]);
    assert.deepEqual(policy(AuthService.method.login), { level: "PUBLIC" });
    assert.deepEqual(policy(AuthService.method.watchRevocations), { level: "SERVICE" });
    const update = policy(UserService.method.updateUser);
    assert.deepEqual(update.level === "OWNER" && update.owner.map((field) => field.name), ["user", "id"]);
  });

  it("security 23: refuses a method that says nothing", () => {
    assert.throws(() => readAccessPolicy([serviceWith()]), /test\.S\.M does not declare/);
    assert.throws(() => readAccessPolicy([serviceWith({})]), /test\.S\.M declares no access level/);
  });

  it("refuses an owner that cannot be found", () => {
    const owner = (ownerField: string) => serviceWith({ level: Access_Level.OWNER, ownerField });
    const policy = readAccessPolicy([owner("id")]);
    assert.throws(() => policy(AuthService.method.login), /no access rule/);
    for (const path of ["", "size", "user.id", "id.id", "ID"]) {
      assert.throws(() => readAccessPolicy([owner(path)]), /owner_field/, path);
    }
  });

  it("refuses a route to what only services may call", () => {
    const internal = serviceWith({ level: Access_Level.SERVICE });
    assert.deepEqual(readAccessPolicy([internal])(only(internal)), { level: "SERVICE" });
    assert.throws(() => readAccessPolicy([serviceWith({ level: Access_Level.SERVICE }, true)]), /HTTP route/);
  });
});
