import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { describeError, type Log } from "../services/platform/log.ts";
import type { Binding } from "./bindings.ts";
import {
  internalProblem,
  methodNotAllowed,
  Problem,
  problemBody,
  problemMediaType,
  routeNotFound,
  unsupportedMediaType,
} from "./problem.ts";

/** Every failure of every path leaves as a problem (RFC 9457), also those that fastify finds itself. */
export function answerWithProblems(app: FastifyInstance, deps: { bindings: readonly Binding[]; log: Log }): void {
  app.setErrorHandler((error: FastifyError | Problem, request, reply) => sendError(error, request, reply, deps.log));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.replace(/\?.*$/s, "");
    const methods = deps.bindings
      .filter(({ template }) => template.pattern.test(path))
      .map(({ httpMethod }) => httpMethod);
    const allowed = [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))].sort();
    return sendProblem(allowed.length === 0 ? routeNotFound() : methodNotAllowed(allowed), request, reply);
  });
}

export function sendError(
  error: FastifyError | Problem,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
): FastifyReply {
  const problem = error instanceof Problem ? error : frameworkProblem(error);
  if (problem.status === 500) {
    log.error(
      { event: "internal_error", requestId: request.id, error: describeError(problem.cause) },
      "internal error",
    );
  }
  return sendProblem(problem, request, reply);
}

function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return (
    reply
      .code(problem.status)
      .headers({
        ...problem.headers,
        "cache-control": "no-store",
        "content-type": problemMediaType,
        "x-request-id": request.id,
      })
      // As bytes: to a string fastify would add a charset, which the media type does not have.
      .send(Buffer.from(JSON.stringify(problemBody(problem, request.id))))
  );
}

/** fastify's own refusals, by their status; its texts stay inside. */
function frameworkProblem(error: FastifyError): Problem {
  const cause = { cause: error };
  switch (error.statusCode) {
    case 400:
      return new Problem({ status: 400, reason: "MALFORMED_REQUEST", detail: "the request is malformed", ...cause });
    case 413:
      return new Problem({ status: 413, reason: "BODY_TOO_LARGE", detail: "the body is too large", ...cause });
    case 414:
      return new Problem({ status: 414, reason: "URI_TOO_LONG", detail: "the path is too long", ...cause });
    case 415:
      return unsupportedMediaType("the body must be application/json");
    default:
      return internalProblem(error);
  }
}
