import { Agent, request } from "node:http";

export interface HttpClient {
  /** POSTs JSON. Resolves with the body of an answer that has the expected status. */
  post(path: string, body: unknown, expected: number, headers?: Headers): Promise<JsonBody>;
  /** GETs JSON. */
  get(path: string, expected: number, headers?: Headers): Promise<JsonBody>;
  close(): void;
}

type Headers = Readonly<Record<string, string>>;

/** Whatever JSON the server sent. */
export type JsonBody = ReturnType<typeof JSON.parse>;

const timeoutMs = 30_000;

/** For what goes before a measurement, and for one call at a time. Its connections stay open. */
export function createHttpClient(baseUrl: string): HttpClient {
  const agent = new Agent({ keepAlive: true });

  function send(method: string, path: string, expected: number, headers: Headers, payload?: string): Promise<JsonBody> {
    return new Promise((resolve, reject) => {
      const options = { agent, method, timeout: timeoutMs, headers };
      const call = request(new URL(path, baseUrl), options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode === expected) resolve(JSON.parse(text));
          else reject(new Error(`${method} ${path} answered ${response.statusCode} and not ${expected}: ${text}`));
        });
      });
      call.on("timeout", () => call.destroy(new Error(`${method} ${path} was not answered within ${timeoutMs} ms`)));
      call.on("error", reject);
      call.end(payload);
    });
  }

  return {
    post(path, body, expected, headers = {}) {
      const payload = JSON.stringify(body);
      const length = String(Buffer.byteLength(payload));
      const all = { "content-type": "application/json", "content-length": length, ...headers };
      return send("POST", path, expected, all, payload);
    },
    get: (path, expected, headers = {}) => send("GET", path, expected, headers),
    close: () => agent.destroy(),
  };
}
