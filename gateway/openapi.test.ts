import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { DescService } from "@bufbuild/protobuf";
import { AuthService } from "../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { UserService } from "../proto/gen/limen/users/v1/user_service_pb.ts";
import { bindingsOf } from "./bindings.ts";
import { openApiDocument } from "./openapi.ts";
import { compileLibrary } from "./testing/library.ts";

const run = promisify(execFile);
const redocly = fileURLToPath(new URL("../node_modules/.bin/redocly", import.meta.url));
const library = compileLibrary()("LibraryService");
const limen = [AuthService, UserService];

/** Whatever JSON the document is; each test says what it expects of it. */
type Json = ReturnType<typeof JSON.parse>;
const documentOf = (services: DescService[]): Json =>
  JSON.parse(JSON.stringify(openApiDocument({ bindings: services.flatMap(bindingsOf) })));

describe("OpenAPI document", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "limen-openapi-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("has nothing that redocly's recommended rules would change", async () => {
    const file = join(folder, "openapi.json");
    await writeFile(file, JSON.stringify(documentOf(limen)));
    const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
    const args = ["lint", file, "--extends", "recommended", "--format", "json"];
    const { stdout } = await run(redocly, args, { cwd: folder, env });
    assert.deepEqual(JSON.parse(stdout).totals, { errors: 0, warnings: 0, ignored: 0 });
  });

  it("has an operation for every route, and none for services", () => {
    const { paths } = documentOf([library]);
    const operations = Object.entries<Json>(paths).flatMap(([path, item]) =>
      Object.entries<Json>(item).map(([method, { operationId }]) => `${operationId} ${method} ${path}`),
    );
    assert.deepEqual(operations.sort(), [
      "ArchiveBook post /v1/books/{name}:archive",
      "CreateBook post /v1/shelves/{shelf}/books",
      "GetBook get /v1/shelves/{name}/books/{name2}",
      "GetBook2 get /v1/books/{name}",
      "ReadFile get /v1/files/{path}",
      "SearchBooks get /v1/books",
      "WatchBook get /v1/books/{name}:watch",
    ]);
  });

  it("turns rules into keywords, and what an empty request lacks into required", () => {
    const { paths } = documentOf(limen);
    const schemaOf = (path: string) => paths[path].post.requestBody.content["application/json"].schema;
    const schema = schemaOf("/api/v1/auth/register");
    assert.deepEqual(schema.required, ["name", "email", "password"]);
    assert.equal(schema.additionalProperties, false);
    assert.deepEqual(schema.properties.name, { type: "string", minLength: 1, maxLength: 200 });
    assert.deepEqual([schema.properties.email.format, schema.properties.email.maxLength], ["email", 254]);
    const { refreshToken } = schemaOf("/api/v1/auth/refresh").properties;
    assert.deepEqual([refreshToken.minLength, refreshToken.maxLength], [1, 512]);
    assert.equal(schema.properties.idempotencyKey.pattern, "^[\\x21-\\x7e]*$");
  });

  it("describes protobuf JSON", () => {
    const { components, paths } = documentOf([library]);
    const { properties, required } = components.schemas.Book;
    assert.equal(properties.copies.type, "string");
    assert.deepEqual(properties.format.enum, ["FORMAT_UNSPECIFIED", "PAPER", "SCREEN"]);
    assert.equal(properties.printTime.format, "date-time");
    assert.deepEqual([properties.tags.type, properties.tags.maxItems, properties.tags.uniqueItems], ["array", 3, true]);
    assert.deepEqual(properties.contributors.additionalProperties, { $ref: "#/components/schemas/Author" });
    assert.deepEqual([properties.pages.minimum, properties.pages.exclusiveMaximum], [1, 10_000]);
    assert.deepEqual(components.schemas.Author.properties.teacher, { $ref: "#/components/schemas/Author" });
    assert.deepEqual(required, ["name", "title", "format", "copies", "tags", "contributors", "cover", "pages"]);
    const query = paths["/v1/books"].get.parameters.map(({ name }: { name: string }) => name);
    assert.ok(query.includes("author.givenName") && query.includes("formats") && query.includes("signed"), query);
    assert.ok(!query.includes("labels") && !query.includes("author"), query);
  });

  it("turns access into security", () => {
    const { paths } = documentOf(limen);
    assert.deepEqual(paths["/api/v1/auth/login"].post.security, []);
    const suspend = paths["/api/v1/users/{id}:suspend"].post;
    assert.deepEqual(suspend.security, [{ accessToken: [] }]);
    assert.ok(suspend.responses["401"] && suspend.responses["403"] && suspend.responses["412"]);
    assert.equal(paths["/api/v1/auth/sessions"].get.responses["403"], undefined);
  });

  it("tells of headers and of answers that are not final", () => {
    const { paths } = documentOf(limen);
    const { parameters, responses } = paths["/api/v1/auth/register"].post;
    assert.deepEqual(
      parameters.map(({ name, in: where }: { name: string; in: string }) => [name, where]),
      [
        ["Idempotency-Key", "header"],
        ["Prefer", "header"],
      ],
    );
    assert.ok(responses["201"] && responses["202"].headers.Location);
    assert.ok(paths["/api/v1/users/{id}"].get.responses["200"].headers.ETag);
    assert.ok(paths["/api/v1/auth/registrations/{id}:watch"].get.responses["200"].content["text/event-stream"]);
  });

  it("keeps a field that stands in the path out of the body", () => {
    const patch = documentOf(limen).paths["/api/v1/users/{id}"].patch;
    const { properties } = patch.requestBody.content["application/json"].schema;
    assert.deepEqual(["name" in properties, "id" in properties], [true, false]);
    assert.equal(patch.parameters[0].schema.anyOf[1].const, "me");
  });
});
