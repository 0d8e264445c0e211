import type { FastifyInstance, FastifyRequest } from "fastify";
import { parseJson } from "./json-text.ts";
import { unsupportedMediaType } from "./problem.ts";

/**
 * Reads every body as strict JSON, in place of fastify's parsers, which let doubled names pass and look for the type
 * before they look whether there is a body. An empty body is none, whatever its type.
 */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, async (request: FastifyRequest, body: Buffer) => {
    if (body.length === 0) return undefined;
    if (!jsonType.test(request.headers["content-type"] ?? "")) {
      throw unsupportedMediaType("the body must be application/json");
    }
    if (!/^(identity)?$/i.test(request.headers["content-encoding"] ?? "")) {
      throw unsupportedMediaType("the body must not be compressed");
    }
    return parseJson(body);
  });
}

/** RFC 8259, section 8.1: UTF-8, which a charset may say and cannot change. */
const jsonType = /^\s*application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i;
