import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { Registration_State } from "../proto/gen/limen/auth/v1/auth_pb.ts";
import { AuthService } from "../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { UserService } from "../proto/gen/limen/users/v1/user_service_pb.ts";
import { bindingsOf } from "./bindings.ts";
import { createResponseWriter } from "./json-response.ts";

function write<Desc extends DescMessage>(method: { output: Desc; name: string }, init: MessageInitShape<Desc>) {
  const binding = [AuthService, UserService].flatMap(bindingsOf).find(({ operationId }) => operationId === method.name);
  assert.ok(binding);
  return createResponseWriter(binding)(create(method.output, init));
}

const registration = (state: Registration_State) => ({ registration: { id: "r 1", state } });

describe("response", () => {
  it("has the status that the contract gives to success", () => {
    const answer = write(AuthService.method.register, registration(Registration_State.COMPLETED));
    assert.deepEqual([answer.status, answer.headers], [201, { "cache-control": "no-store" }]);
  });

  it("is 202 with a Location while the operation goes on", () => {
    for (const state of [
      Registration_State.ACCEPTED,
      Registration_State.CREATING,
      Registration_State.STATE_UNSPECIFIED,
    ]) {
      const answer = write(AuthService.method.register, registration(state));
      assert.deepEqual([answer.status, answer.headers.location], [202, "/api/v1/auth/registrations/r%201"]);
    }
  });

  it("shows unset scalars and leaves out unset messages", () => {
    const { body } = write(AuthService.method.register, registration(Registration_State.ACCEPTED));
    assert.deepEqual(body, { registration: { id: "r 1", state: "ACCEPTED", userId: "", reason: "" } });
    assert.deepEqual(write(UserService.method.listUsers, {}).body, { users: [], nextPageToken: "" });
  });

  it("carries the resource's version as an entity tag, where there is a resource", () => {
    assert.equal(write(UserService.method.getUser, { user: { etag: "v1" } }).headers.etag, '"v1"');
    assert.equal(write(UserService.method.createUser, { creation: { id: "c" } }).headers.etag, undefined);
    assert.equal(write(UserService.method.getUser, { user: { etag: 'v"1\r\n' } }).headers.etag, undefined);
  });

  it("says for how long caches may keep it", () => {
    assert.equal(write(AuthService.method.getJwks, {}).headers["cache-control"], "public, max-age=60");
    assert.equal(write(UserService.method.getUser, {}).headers["cache-control"], undefined);
  });
});
