import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parsePathTemplate } from "./http-rule.ts";

describe("path template", () => {
  it("routes variables, nested ones too", () => {
    const { route, variables, openapi, parameters } = parsePathTemplate("/v1/users/{user.id}/keys/{key}");
    assert.equal(route, "/v1/users/:p2/keys/:p4");
    assert.equal(openapi, "/v1/users/{id}/keys/{key}");
    assert.deepEqual(variables, [
      { field: "user.id", parts: [{ parameter: "p2" }] },
      { field: "key", parts: [{ parameter: "p4" }] },
    ]);
    assert.deepEqual(parameters, [
      { name: "id", field: "user.id" },
      { name: "key", field: "key" },
    ]);
  });

  it("routes a custom verb behind a variable, and behind a literal", () => {
    assert.equal(parsePathTemplate("/v1/users/{id}:suspend").route, "/v1/users/:p2(^[^/:]+)::suspend");
    assert.equal(parsePathTemplate("/v1/users/{id}:suspend").openapi, "/v1/users/{id}:suspend");
    assert.equal(parsePathTemplate("/v1/users:purge").route, "/v1/users::purge");
  });

  it("puts a variable with a pattern together from its segments", () => {
    const { route, variables, openapi } = parsePathTemplate("/v1/{name=shelves/*/books/*}");
    assert.equal(route, "/v1/shelves/:p2/books/:p4");
    assert.equal(openapi, "/v1/shelves/{name}/books/{name2}");
    assert.deepEqual(variables, [
      { field: "name", parts: ["shelves", "/", { parameter: "p2" }, "/", "books", "/", { parameter: "p4" }] },
    ]);
  });

  it("lets ** end a path", () => {
    assert.equal(parsePathTemplate("/v1/files/{path=**}").route, "/v1/files/*");
    assert.throws(() => parsePathTemplate("/v1/{path=**}/meta"), /can only end a path/);
    assert.throws(() => parsePathTemplate("/v1/{path=**}:read"), /can only end a path/);
  });

  it("recognises its paths whatever the method, and no path of another verb", () => {
    const { pattern } = parsePathTemplate("/v1/users/{id}");
    assert.deepEqual(
      ["/v1/users/7", "/v1/users/7:suspend", "/v1/users/7/keys", "/v1/users/"].map((path) => pattern.test(path)),
      [true, false, false, false],
    );
    assert.ok(parsePathTemplate("/.well-known/jwks.json").pattern.test("/.well-known/jwks.json"));
    assert.ok(!parsePathTemplate("/.well-known/jwks.json").pattern.test("/xwell-known/jwks.json"));
  });

  it("refuses what it cannot route", () => {
    for (const template of ["v1/users", "/v1//users", "/v1/{id", "/v1/{a}{b}", "/v1/x{a}", "/v1/{a=x:y}", ""]) {
      assert.throws(() => parsePathTemplate(template), /not a path template/, template);
    }
  });
});
