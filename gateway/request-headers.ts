import type { DescField, JsonValue } from "@bufbuild/protobuf";
import { HeaderField_Form } from "../proto/gen/limen/options/v1/options_pb.ts";
import type { BoundHeader } from "./bindings.ts";
import { invalidRequest, preconditionFailed } from "./problem.ts";
import { textValue } from "./text-value.ts";

/**
 * The value that a request header gives to its field; undefined when it gives none.
 * @throws Problem 400 for a malformed entity tag, 412 for one that cannot match
 */
export function headerValue(header: BoundHeader, field: DescField, text: string): JsonValue | undefined {
  switch (header.form) {
    case HeaderField_Form.ENTITY_TAG:
      return entityTag(header.name, text);
    case HeaderField_Form.PREFER_WAIT:
      return preferredWait(text);
    default:
      return textValue(field, text);
  }
}

/** RFC 9110, section 13.1.1: compared strongly, so that a weak tag never matches. One tag only: a field holds one. */
function entityTag(name: string, text: string): string | undefined {
  if (text.trim() === "*") return undefined;
  const [, weak, tag] = /^\s*(W\/)?"([\x21\x23-\x7e]*)"\s*$/.exec(text) ?? [];
  if (tag === undefined) {
    throw invalidRequest([{ field: name, rule: "entity_tag", message: 'must be one quoted entity tag, or "*"' }]);
  }
  if (weak !== undefined) throw preconditionFailed(`${name}: a weak entity tag never matches`);
  return tag;
}

/** RFC 7240, sections 2 and 4.3: the first "wait" counts; a preference that is not understood is ignored. */
function preferredWait(text: string): string | undefined {
  for (const preference of text.split(",")) {
    const [, seconds] = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i.exec(preference) ?? [];
    if (seconds !== undefined) return `${Number(seconds)}s`;
  }
  return undefined;
}
