import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Whatever JSON the server sent; each test says what it expects of it. */
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface CallOptions {
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string;
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

/** A person's program: JSON over HTTP, against the gateway. */
export interface Client {
  (method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Signs a new person up and expects the account to be ready. */
  register(person?: Partial<Person>): Promise<Registered>;
  login(person: Pick<Person, "email" | "password">): Promise<Registered["tokens"] & { sessionId: string }>;
}

export interface Person {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

interface Registered extends Person {
  readonly userId: string;
  readonly registrationId: string;
  readonly tokens: { readonly accessToken: string; readonly refreshToken: string };
}

export const somebody = (): Person => ({
  name: "Ada Lovelace",
  email: `ada-${randomUUID()}@example.com`,
  password: "correct horse battery staple",
});

export function createClient(baseUrl: string): Client {
  const send = async (method: string, path: string, options: CallOptions): Promise<Answer> => {
    const payload = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: {
        ...(payload !== undefined && { "content-type": "application/json" }),
        ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
        ...options.headers,
      },
      ...(payload !== undefined && { body: payload }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    const isJson = /\bjson\b/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  /** A service that is busy says when to come back, and a good client does. */
  const call = async (method: string, path: string, options: CallOptions = {}): Promise<Answer> => {
    for (let attempt = 1; ; attempt++) {
      const answer = await send(method, path, options);
      const seconds = Number(answer.headers.get("retry-after"));
      if (answer.status !== 503 || seconds === 0 || attempt === 10) return answer;
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    }
  };
  return Object.assign(call, {
    async register(person: Partial<Person> = {}) {
      const applicant = { ...somebody(), ...person };
      const { status, body } = await call("POST", "/api/v1/auth/register", {
        body: applicant,
        headers: { prefer: "wait=8" },
      });
      assert.equal(status, 201, JSON.stringify(body));
      const { id: registrationId, userId } = body.registration;
      return { ...applicant, userId, registrationId, tokens: body.tokens };
    },
    async login({ email, password }: Pick<Person, "email" | "password">) {
      const { status, body } = await call("POST", "/api/v1/auth/login", { body: { email, password } });
      assert.equal(status, 200, JSON.stringify(body));
      return { ...body.tokens, sessionId: body.sessionId };
    },
  });
}

/** What an access token says. */
export const claimsOf = (accessToken: string) =>
  JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;

/** Asks until the answer is right: for what becomes true by a message. The last answer explains a failure. */
export async function eventually<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + 15_000;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    assert.ok(Date.now() < end, `still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
