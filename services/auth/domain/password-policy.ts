import type { Email } from "./email.ts";
import { passwordContainsContext, passwordTooCommon, passwordTooLong, passwordTooShort } from "./errors.ts";

/** Whether a password, in the form that `normalizePassword` gives, is among the first that a guesser tries. */
export type CommonPasswords = (password: string) => boolean;

interface PasswordRules {
  /** In characters (Unicode code points). Never less than 8, whatever it says. */
  readonly minimumLength: number;
  readonly isCommon: CommonPasswords;
}

const serviceName = "limen";
const leastMinimum = 8;
const maximumBytes = 1024;
/** Fewer characters than this beside the context make no password. */
const leastOwnCharacters = 6;
/** A shorter word stands in too many others. */
const leastContextWord = 3;

/**
 * One form for every way to type the same password: the OpaqueString profile of RFC 8265, section 4.2 (every space is
 * U+0020, then NFC). A password is brought into it before it is hashed and before it is verified.
 */
export const normalizePassword = (raw: string): string => raw.replace(/\p{Zs}/gu, " ").normalize("NFC");

/**
 * Says whether a new password will do, by NIST SP 800-63B-4, section 3.1.1.2: its length and a blocklist, nothing about
 * its composition. Gives back the normalised password.
 * @throws DomainError PASSWORD_TOO_LONG, PASSWORD_TOO_SHORT, PASSWORD_CONTAINS_CONTEXT or PASSWORD_TOO_COMMON.
 */
export function createPasswordPolicy({ minimumLength, isCommon }: PasswordRules) {
  const minimum = Math.max(minimumLength, leastMinimum);
  return (raw: string, email: Email): string => {
    if (isTooLong(raw)) throw passwordTooLong();
    const password = normalizePassword(raw);
    if (isTooLong(password)) throw passwordTooLong();
    if ([...password].length < minimum) throw passwordTooShort(minimum);
    if (isMadeOfContext(password, email, isCommon)) throw passwordContainsContext();
    if (isCommon(password)) throw passwordTooCommon();
    return password;
  };
}

/** Every UTF-16 unit takes a byte at least: what is far too long is refused before it is encoded. */
const isTooLong = (text: string): boolean =>
  text.length > maximumBytes || new TextEncoder().encode(text).length > maximumBytes;

/** With the service's name and the address taken out, next to nothing is left, or what everybody would add. */
function isMadeOfContext(password: string, email: Email, isCommon: CommonPasswords): boolean {
  const folded = fold(password);
  const words = [email, localPart(email), ...localPart(email).split(/[^\p{L}\p{N}]+/u), serviceName].map(fold);
  const rest = words
    .filter((word) => word.length >= leastContextWord)
    .reduce((text, word) => text.replaceAll(word, ""), folded);
  if (rest === folded) return false;
  return [...rest].length < leastOwnCharacters || isCommon(rest);
}

const localPart = (email: Email): string => email.slice(0, email.lastIndexOf("@"));

const fold = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
