import fc from "fast-check";

interface Wish {
  readonly creationId: string;
  readonly userId: string;
}
export interface CreateUser extends Wish {
  readonly do: "create";
  readonly name: string;
  readonly email: string;
}
export interface CancelUserCreation extends Wish {
  readonly do: "cancel";
}
type Sent<Command> = Command & { readonly messageId: string };
export type Message = Sent<CreateUser> | Sent<CancelUserCreation>;
/** Makes a creation known before it is decided, as an administrator's request does. */
interface Announce extends Wish {
  readonly do: "announce";
}
export type Change =
  | { readonly do: "suspend" | "reactivate" | "delete"; readonly userId: string }
  | { readonly do: "rename"; readonly userId: string; readonly name: string };
export type Step =
  | Message
  | { readonly do: "create together"; readonly messages: readonly Sent<CreateUser>[] }
  | Announce
  | Change;
/** An earlier command, by its number: the same message once more, or the same wish in a new message. */
interface Repetition {
  readonly do: "deliver again" | "send again";
  readonly earlier: number;
}
type DrawnStep =
  | CreateUser
  | CancelUserCreation
  | Repetition
  | { readonly do: "create together"; readonly batch: readonly (CreateUser | Repetition)[] }
  | Announce
  | Change;

/** Few of each, so that they collide. */
const userId = fc.constantFrom(...[1, 2, 3].map((n) => `0197a000-0000-7000-8000-00000000000${n}`));
const wish = { creationId: fc.constantFrom("c1", "c2", "c3", "c4"), userId };
const email = fc.constantFrom("ada@example.com", " Ada@Example.com", "grace@example.com", "nobody");
const name = fc.constantFrom("Ada", "Zoe\u0308", " ");

const create = fc.record({ do: fc.constant("create"), ...wish, name, email });
const repetition = fc.record({
  do: fc.constantFrom("deliver again", "send again", "send again"),
  earlier: fc.nat(9),
});

export const drawnSteps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: create },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel"), ...wish }) },
    { weight: 5, arbitrary: repetition },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("create together"),
        batch: fc.array(fc.oneof(create, repetition), { minLength: 2, maxLength: 5, size: "max" }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("announce"), ...wish }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("suspend", "reactivate", "delete"), userId }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("rename"), userId, name }) },
  ) satisfies fc.Arbitrary<DrawnStep>,
  { maxLength: 20, size: "max" },
);

/** With an id for each message, and each repetition as what it repeats; one that finds nothing to repeat falls out. */
export function spelledOut(drawn: readonly DrawnStep[]): Step[] {
  const sent: Message[] = [];

  function send(command: CreateUser | CancelUserCreation | Repetition, messageId: string): Message[] {
    if (!("earlier" in command)) {
      const message = { ...command, messageId };
      sent.push(message);
      return [message];
    }
    const repeated = sent.at(command.earlier % Math.max(sent.length, 1));
    if (repeated === undefined) return [];
    return [command.do === "deliver again" ? repeated : { ...repeated, messageId }];
  }

  return drawn.flatMap((step, index): Step[] => {
    switch (step.do) {
      case "create":
      case "cancel":
      case "deliver again":
      case "send again":
        return send(step, `m${index}`);
      case "create together": {
        const messages = step.batch.flatMap((command, i) => send(command, `m${index}.${i}`));
        return [{ do: step.do, messages: messages.filter((message) => message.do === "create") }];
      }
      default:
        return [step];
    }
  });
}

export function messageIdsOf(step: Step): string[] {
  if (step.do === "create together") return step.messages.map(({ messageId }) => messageId);
  return "messageId" in step ? [step.messageId] : [];
}
