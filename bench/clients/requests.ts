import type { HttpRequest } from "../load/http-connection.ts";
import { password } from "../password.ts";
import type { KnownPerson } from "./people.ts";

export const loginRequests = (people: readonly Pick<KnownPerson, "email">[], guess = password): HttpRequest[] =>
  people.map(({ email }) => ({ method: "POST", path: "/api/v1/auth/login", body: { email, password: guess } }));

export const validateTokenRequests = (accessTokens: readonly string[]): HttpRequest[] =>
  accessTokens.map((accessToken) => ({ method: "POST", path: "/api/v1/auth/validate-token", body: { accessToken } }));

/** Each person in turn, with each token in turn. */
export const getUserRequests = (people: readonly KnownPerson[], accessTokens: readonly string[]): HttpRequest[] =>
  people.map(({ userId }, index) => ({
    method: "GET",
    path: `/api/v1/users/${userId}`,
    headers: { authorization: `Bearer ${accessTokens[index % accessTokens.length]}` },
  }));
