import { randomUUID } from "node:crypto";
import { somebody } from "../support/client.ts";

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Of an administrator. */
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly registrationId: string;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/**
 * Every unary call of both services that no answer can be given to without a database. Those about others are about people
 * who do not exist, which only the database can know. Missing are ValidateToken and GetJwks, which are answered from
 * memory, and what needs the token out of a mail.
 */
export function everyCall({ email, password, refreshToken, registrationId }: Credentials): Call[] {
  const nobody = `/api/v1/users/${randomUUID()}`;
  const auth = (path: string) => `/api/v1/auth/${path}`;
  return [
    { method: "POST", path: auth("register"), body: somebody() },
    { method: "GET", path: auth(`registrations/${registrationId}`) },
    { method: "POST", path: auth("login"), body: { email, password } },
    { method: "POST", path: auth("refresh"), body: { refreshToken } },
    { method: "POST", path: auth("logout") },
    { method: "GET", path: auth("sessions") },
    { method: "DELETE", path: auth(`sessions/${randomUUID()}`) },
    {
      method: "POST",
      path: auth("password/change"),
      body: { currentPassword: password, newPassword: somebody().password },
    },
    { method: "POST", path: auth("password/forgot"), body: { email } },
    { method: "POST", path: auth("email/send-verification") },
    { method: "GET", path: auth("audit-events") },
    { method: "POST", path: "/api/v1/users", body: { name: "Grace Hopper", email: somebody().email } },
    { method: "GET", path: `/api/v1/users/creations/${randomUUID()}` },
    { method: "GET", path: "/api/v1/users/me" },
    { method: "GET", path: "/api/v1/users" },
    { method: "PATCH", path: `${nobody}?updateMask=name`, body: { name: "Grace Hopper" } },
    { method: "POST", path: `${nobody}:suspend` },
    { method: "POST", path: `${nobody}:reactivate` },
    { method: "DELETE", path: nobody },
  ];
}
