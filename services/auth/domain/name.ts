import { invalidName } from "./errors.ts";

/** A person's name as it will be asked of users-service, which has the last word on it. */
export function parseName(raw: string): string {
  const name = raw.trim().normalize("NFC");
  const length = [...name].length;
  if (length < 1 || length > 200 || /\p{Cc}/u.test(name)) throw invalidName();
  return name;
}
