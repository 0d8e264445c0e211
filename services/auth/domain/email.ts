import { invalidEmail } from "./errors.ts";

export type Email = string & { readonly __brand: "Email" };

/**
 * Lower-cases, as users-service does when it decides who owns an address. Whether the address is somebody's, auth cannot
 * know; it only refuses what can be none.
 */
export function parseEmail(raw: string): Email {
  const email = raw.trim().toLowerCase();
  if (email.length > 254 || !/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(email)) throw invalidEmail();
  return email as Email;
}
