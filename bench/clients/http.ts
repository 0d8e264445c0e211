import { Agent, request } from "node:http";

export interface HttpClient {
  /** POSTs JSON. Resolves with the body of an answer that has the expected status. */
  post(path: string, body: unknown, expected: number, headers?: Record<string, string>): Promise<JsonBody>;
  close(): void;
}

/** Whatever JSON the server sent. */
export type JsonBody = ReturnType<typeof JSON.parse>;

const timeoutMs = 30_000;

/** Connections that stay open, and little else: what the driver uses up, the machine cannot give to what is measured. */
export function createHttpClient(baseUrl: string): HttpClient {
  const agent = new Agent({ keepAlive: true });
  return {
    post(path, body, expected, headers = {}) {
      const payload = JSON.stringify(body);
      return new Promise((resolve, reject) => {
        const call = request(
          new URL(path, baseUrl),
          {
            agent,
            method: "POST",
            timeout: timeoutMs,
            headers: {
              "content-type": "application/json",
              "content-length": Buffer.byteLength(payload),
              ...headers,
            },
          },
          (response) => {
            let text = "";
            response.setEncoding("utf8");
            response.on("data", (chunk: string) => {
              text += chunk;
            });
            response.on("error", reject);
            response.on("end", () => {
              if (response.statusCode === expected) resolve(JSON.parse(text));
              else reject(new Error(`POST ${path} answered ${response.statusCode} and not ${expected}: ${text}`));
            });
          },
        );
        call.on("timeout", () => call.destroy(new Error(`POST ${path} was not answered within ${timeoutMs} ms`)));
        call.on("error", reject);
        call.end(payload);
      });
    },
    close: () => agent.destroy(),
  };
}
