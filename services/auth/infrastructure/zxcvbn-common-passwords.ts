import type { CommonPasswords } from "../domain/password-policy.ts";

/** What fingers do on a keyboard. */
const sequences = [
  "abcdefghijklmnopqrstuvwxyz",
  "012345678901234567890123456789",
  "`1234567890-=",
  "qwertyuiopasdfghjklzxcvbnm",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
].flatMap((sequence) => [sequence, [...sequence].reverse().join("")]);

/** What may stand before or after a common word without making it another one: a year, a few digits, signs. */
const shortAffix = 4;
/** A repeated unit shorter than this counts as common, whatever it is: "aaaa…", "xyzxyz…". */
const shortUnit = 4;

/**
 * The lists of @zxcvbn-ts/language-common (49 000 passwords, about 4 MB, loaded here and not before) as a blocklist, with
 * the nearest variations: any case, separators, a repeated word, a sequence of keys, a few digits at an end. It estimates
 * nothing: words that are common one by one make a fine passphrase.
 */
export async function loadZxcvbnCommonPasswords(): Promise<CommonPasswords> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  const listed = new Set(dictionary["passwords-common"]);

  function isObvious(text: string): boolean {
    if (listed.has(text) || isSequence(text)) return true;
    const unit = repeatedUnit(text);
    if (unit !== undefined) return unit.length < shortUnit || isObvious(unit);
    const [, before = "", word = "", after = ""] = /^([^\p{L}]*)(.*?)([^\p{L}]*)$/su.exec(text) ?? [];
    return before + after !== "" && isObviousAffix(before) && isObviousAffix(after) && word !== "" && isObvious(word);
  }

  const isObviousAffix = (affix: string): boolean =>
    affix.length <= shortAffix || listed.has(affix) || isSequence(affix) || repeatedUnit(affix) !== undefined;

  return (password) => {
    const lower = password.toLowerCase();
    return isObvious(lower) || isObvious(lower.replace(/[\s._-]/g, ""));
  };
}

const isSequence = (text: string): boolean =>
  text.length >= shortUnit && sequences.some((sequence) => sequence.includes(text));

/** "abc" of "abcabcab": the shortest text that gives this one when it is repeated at least twice, its end cut off. */
function repeatedUnit(text: string): string | undefined {
  for (let length = 1; length <= text.length / 2; length++) {
    if (text.startsWith(text.slice(length))) return text.slice(0, length);
  }
  return undefined;
}
