import type { Email } from "./email.ts";
import {
  type PasswordFlaw,
  passwordContainsContext,
  passwordTooCommon,
  passwordTooLong,
  passwordTooShort,
} from "./errors.ts";

/** Whether a password, in the form that `normalizePassword` gives, is among the first that a guesser tries. */
export type CommonPasswords = (password: string) => boolean;

/** What may be said of a new password by itself. */
export type PasswordRules = (raw: string, email: Email) => JudgedPassword;

export interface JudgedPassword {
  /** Normalised. */
  readonly password: string;
  /** Everything that is wrong with it; of one that is too long, nothing but that. */
  readonly flaws: readonly PasswordFlaw[];
}

interface PasswordRulesOptions {
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

/** By NIST SP 800-63B-4, section 3.1.1.2: its length and a blocklist, nothing about its composition. */
export function createPasswordRules({ minimumLength, isCommon }: PasswordRulesOptions): PasswordRules {
  const minimum = Math.max(minimumLength, leastMinimum);

  function* flawsOf(password: string, email: Email): Generator<PasswordFlaw> {
    const length = [...password].length;
    if (length < minimum) yield passwordTooShort(minimum, length);
    if (isMadeOf([serviceName], password, isCommon)) yield passwordContainsContext("the service's name");
    else if (isMadeOf([...wordsOf(email), serviceName], password, isCommon)) {
      yield passwordContainsContext("your e-mail address");
    }
    if (isCommon(password)) yield passwordTooCommon();
  }

  return (raw, email) => {
    const password = isTooLong(raw) ? raw : normalizePassword(raw);
    return { password, flaws: isTooLong(password) ? [passwordTooLong()] : [...flawsOf(password, email)] };
  };
}

/** Every UTF-16 unit takes a byte at least: what is far too long is refused before it is encoded. */
const isTooLong = (text: string): boolean =>
  text.length > maximumBytes || new TextEncoder().encode(text).length > maximumBytes;

/** With the words taken out, next to nothing is left, or what everybody would add. */
function isMadeOf(words: readonly string[], password: string, isCommon: CommonPasswords): boolean {
  const folded = fold(password);
  const rest = words
    .map(fold)
    .filter((word) => word.length >= leastContextWord)
    .reduce((text, word) => text.replaceAll(word, ""), folded);
  if (rest === folded) return false;
  return [...rest].length < leastOwnCharacters || isCommon(rest);
}

function wordsOf(email: Email): readonly string[] {
  const localPart = email.slice(0, email.lastIndexOf("@"));
  return [email, localPart, ...localPart.split(/[^\p{L}\p{N}]+/u)];
}

const fold = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
