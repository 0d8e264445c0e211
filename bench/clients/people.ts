import { randomUUID } from "node:crypto";
import type { HttpClient } from "./http.ts";

export interface Person {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

export interface RegisteredPerson extends Person {
  readonly userId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export const password = "correct horse battery staple";

export const somebody = (): Person => ({ name: "Ada Lovelace", email: `ada-${randomUUID()}@example.com`, password });

/** Signs a new person up and waits for the account: 201, nothing else. */
export async function register(http: HttpClient): Promise<RegisteredPerson> {
  const person = somebody();
  const { registration, tokens } = await http.post("/api/v1/auth/register", person, 201, { prefer: "wait=8" });
  return {
    ...person,
    userId: registration.userId,
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
  };
}

/** Several at a time. */
export async function registerMany(http: HttpClient, count: number): Promise<RegisteredPerson[]> {
  const people: RegisteredPerson[] = [];
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started++ < count) people.push(await register(http));
  };
  await Promise.all(Array.from({ length: 4 }, lane));
  return people;
}

/** Access tokens that are all different and all valid: those of one session, refreshed again and again. */
export async function manyAccessTokens(http: HttpClient, count: number): Promise<string[]> {
  const { accessToken, ...person } = await register(http);
  const accessTokens = [accessToken];
  let { refreshToken } = person;
  while (accessTokens.length < count) {
    const { tokens } = await http.post("/api/v1/auth/refresh", { refreshToken }, 200);
    accessTokens.push(tokens.accessToken);
    refreshToken = tokens.refreshToken;
  }
  return accessTokens;
}
