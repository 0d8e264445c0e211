import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RegisterRequestSchema } from "../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { HeaderField_Form } from "../proto/gen/limen/options/v1/options_pb.ts";
import { requireFieldPath } from "./field-path.ts";
import { Problem } from "./problem.ts";
import { headerValue } from "./request-headers.ts";

const path = requireFieldPath(RegisterRequestSchema, "idempotency_key");
const [field] = path;
assert.ok(field);
const value = (form: HeaderField_Form, text: string) => headerValue({ name: "If-Match", path, form }, field, text);
const statusOf = (status: number) => (error: unknown) => error instanceof Problem && error.status === status;

describe("request header", () => {
  it("is taken as it is", () => {
    assert.equal(value(HeaderField_Form.FORM_UNSPECIFIED, "a b"), "a b");
  });

  it("gives an entity tag without its quotes, and nothing for *", () => {
    assert.equal(value(HeaderField_Form.ENTITY_TAG, '"v1"'), "v1");
    assert.equal(value(HeaderField_Form.ENTITY_TAG, "*"), undefined);
  });

  it("cannot be met with a weak entity tag", () => {
    assert.throws(() => value(HeaderField_Form.ENTITY_TAG, 'W/"v1"'), statusOf(412));
  });

  it("must be one quoted entity tag", () => {
    for (const text of ["v1", '"v1', '"a", "b"', "", '"a"b"']) {
      assert.throws(() => value(HeaderField_Form.ENTITY_TAG, text), statusOf(400), text);
    }
  });

  it("gives the first wait of Prefer in seconds, and ignores what it does not understand", () => {
    const cases: [string, string | undefined][] = [
      ["wait=5", "5s"],
      ['respond-async, WAIT = "07"; x=y, wait=9', "7s"],
      ["wait=0", "0s"],
      ["wait=-1", undefined],
      ["wait=soon, wait=3", "3s"],
      ["return=minimal", undefined],
      ["await=3", undefined],
    ];
    for (const [text, expected] of cases) assert.equal(value(HeaderField_Form.PREFER_WAIT, text), expected, text);
  });
});
