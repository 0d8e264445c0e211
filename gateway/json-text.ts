import type { JsonValue } from "@bufbuild/protobuf";
import { invalidRequest, malformedJson } from "./problem.ts";

const maxDepth = 20;

/**
 * Reads a JSON text (RFC 8259) and refuses what readers disagree about: bytes that are not UTF-8, a name twice in one
 * object, `__proto__`, lone surrogates, NUL, and more than 20 levels.
 * @throws Problem 400
 */
export function parseJson(bytes: Uint8Array): JsonValue {
  let text: string;
  let value: JsonValue;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw malformedJson("the body is not UTF-8", { cause });
  }
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformedJson("the body is not JSON", { cause });
  }
  if (!isHarmless(text, value)) inspect(text);
  return value;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Whether a text that `JSON.parse` has accepted has nothing in it that {@link inspect} would refuse, found out without
 * reading its tokens: where nothing is escaped, a string is what stands between two quotes, can hold neither NUL nor half
 * of a surrogate pair, and there are as many names as colons between the strings, unless one is there twice.
 */
function isHarmless(text: string, value: JsonValue): boolean {
  if (text.includes("\\") || text.includes("__proto__")) return false;
  let names = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = text.indexOf('"', at + 1);
        break;
      case colon:
        names += 1;
        break;
      case openingBrace:
      case openingBracket:
        depth += 1;
        if (depth > maxDepth) return false;
        break;
      case closingBrace:
      case closingBracket:
        depth -= 1;
    }
  }
  return names === countNames(value);
}

const [quote, colon, openingBrace, closingBrace, openingBracket, closingBracket] = Buffer.from('":{}[]');

function countNames(value: JsonValue): number {
  if (typeof value !== "object" || value === null) return 0;
  const values = Object.values(value);
  return values.reduce<number>((sum, one) => sum + countNames(one), Array.isArray(value) ? 0 : values.length);
}

/** A text that cannot be stored, compared or passed on safely: it holds NUL, or half of a surrogate pair. */
export const isUnsafeText = (text: string): boolean => text.includes("\0") || !text.isWellFormed();

interface Container {
  /** Names seen so far; undefined in an array. */
  readonly names: Set<string> | undefined;
  /** Where in the container the reader is. */
  at: string | number;
  /** The next string is a name. */
  nameNext: boolean;
}

const tokens = /"(?:[^"\\]+|\\.)*"|[{}[\],:]/g;

/** Walks the tokens of a text that `JSON.parse` has accepted. */
function inspect(text: string): void {
  const open: Container[] = [];
  for (const [token] of text.matchAll(tokens)) {
    const top = open.at(-1);
    switch (token) {
      case "{":
      case "[":
        if (open.length === maxDepth)
          throw refused(open, "too_deep", `must not be nested deeper than ${maxDepth} levels`);
        open.push(
          token === "{" ? { names: new Set(), at: "", nameNext: true } : { names: undefined, at: 0, nameNext: false },
        );
        break;
      case "}":
      case "]":
        open.pop();
        break;
      case ",":
        if (top !== undefined && typeof top.at === "number") top.at += 1;
        else if (top !== undefined) top.nameNext = true;
        break;
      case ":":
        break;
      default:
        inspectString(JSON.parse(token), top, open);
    }
  }
}

function inspectString(text: string, top: Container | undefined, open: readonly Container[]): void {
  const isName = top?.nameNext === true;
  if (isName) {
    top.nameNext = false;
    top.at = text;
  }
  if (isUnsafeText(text)) throw refused(open, "unsafe_text", "must not hold NUL or a lone surrogate");
  if (!isName) return;
  if (text === "__proto__") throw refused(open, "unknown_field", "is not known");
  if (top.names?.has(text)) throw refused(open, "duplicate_name", "must be given once");
  top.names?.add(text);
}

function refused(open: readonly Container[], rule: string, message: string) {
  const path = open.map(({ at }) => (typeof at === "number" ? `[${at}]` : `.${at}`)).join("");
  return invalidRequest([{ field: path.replace(/^\./, "").replaceAll("\0", "\\0").toWellFormed(), rule, message }]);
}
