import { create, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";

/** The one id in every sample, so that its owner may call whatever is asked for. */
export const sampleId = "01890a5d-ac96-774b-bcce-b302099a8057";

/** A message of the type with every field set, in a way that the rules of the contracts allow. */
export function sampleMessage<Desc extends DescMessage>(desc: Desc): Message {
  const message = reflect(desc, create(desc), false);
  for (const field of desc.fields) {
    switch (field.fieldKind) {
      case "scalar":
        message.set(field, sampleScalar(field, field.scalar));
        break;
      case "enum":
        message.set(field, 1);
        break;
      case "message":
        message.set(field, reflect(field.message, sampleMessage(field.message), false));
        break;
      case "list":
        if (field.listKind === "message") message.get(field).add(reflect(field.message, sampleMessage(field.message)));
        else message.get(field).add(field.listKind === "enum" ? 1 : sampleScalar(field, field.scalar));
        break;
      case "map":
        if (field.mapKind !== "scalar") throw new Error(`no sample for ${field}`);
        message.get(field).set("key", sampleScalar(field, field.scalar));
    }
  }
  return message.message;
}

function sampleScalar(field: DescField, scalar: ScalarType): unknown {
  switch (scalar) {
    case ScalarType.STRING:
      if (field.parent.typeName === "google.protobuf.FieldMask") return "name";
      return /(^|_)email$/.test(field.name) ? "ada@example.com" : sampleId;
    case ScalarType.BOOL:
      return true;
    case ScalarType.INT64:
      return 3n;
    case ScalarType.INT32:
      return 4;
    default:
      throw new Error(`no sample for ${field}`);
  }
}
