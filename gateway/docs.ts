import { createRequire } from "node:module";
import { dirname } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

// The package's own entry point loads the whole bundle into memory.
const swaggerUi = () => dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const assets: ReadonlySet<string> = new Set(["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"]);

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Limen API</title>
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const script = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true });\n`;

/** No inline script and nobody else's server; the style sheet holds its pictures as data. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(";");

/** Serves the document at /openapi.json, made when it is first asked for, and Swagger UI over it at /docs. */
export async function serveDocs(app: FastifyInstance, describe: () => object): Promise<void> {
  let openapi: string | undefined;
  app.get("/openapi.json", (_request, reply) => {
    openapi ??= JSON.stringify(describe());
    return reply.type("application/json").send(openapi);
  });
  app.get("/docs", (_request, reply) =>
    reply.type("text/html; charset=utf-8").header("content-security-policy", contentSecurityPolicy).send(page),
  );
  app.get("/docs/start.js", (_request, reply) => reply.type("text/javascript; charset=utf-8").send(script));
  await app.register(fastifyStatic, {
    root: swaggerUi(),
    prefix: "/docs/",
    index: false,
    decorateReply: false,
    allowedPath: (path) => assets.has(path.replace(/^\//, "")),
    maxAge: "1d",
  });
}
