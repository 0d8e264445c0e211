import fc from "fast-check";
import type { UserSnapshot, UserStatus } from "../../services/auth/domain/account.ts";
import type { Email } from "../../services/auth/domain/email.ts";

/** Two who register, and one whom somebody else has created: nobody here asked for `r2`. */
export const registering = [0, 1];
const person = fc.constantFrom(0, 1, 2);
export const registrationOf = (person: number) => `r${person}`;
export const userOf = (person: number) => `u${person}`;
export const hashOf = (person: number) => `hash of ${registrationOf(person)}`;

/** What users-service decided about a person: no user and why, or a user whose status in each version is this. */
export type Story = { readonly rejection: string } | { readonly statuses: readonly UserStatus[] };

export const story: fc.Arbitrary<Story> = fc.oneof(
  fc.record({ rejection: fc.constantFrom("EMAIL_TAKEN", "CANCELLED") }),
  fc
    .tuple(fc.array(fc.constantFrom<UserStatus>("ACTIVE", "SUSPENDED"), { maxLength: 4, size: "max" }), fc.boolean())
    .map(
      ([changes, deleted]): Story => ({ statuses: ["ACTIVE", ...changes, ...(deleted ? ["DELETED" as const] : [])] }),
    ),
);

/** The address changes with every version, so that it tells which one it came from. */
const snapshotOf = (person: number, status: UserStatus, version: number): UserSnapshot => ({
  userId: userOf(person),
  email: `${userOf(person)}-${version}@example.com` as Email,
  status,
  version,
});

/** A message about a person; `version` is which of theirs the news is of, round and round. */
type News =
  | { readonly do: "advance" | "refuse, whatever was answered"; readonly person: number }
  | { readonly do: "answer" | "tell of a change"; readonly person: number; readonly version: number };
type DrawnStep =
  | News
  | { readonly do: "deliver again"; readonly earlier: number }
  | { readonly do: "sweep"; readonly afterMs: number }
  /** Changes are told of after the password was checked, before the session is opened. */
  | { readonly do: "log in"; readonly person: number; readonly meanwhile: readonly number[] };

const version = fc.nat(5);
export const drawnSteps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant("advance"), person }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("answer"), person, version: fc.constantFrom(0, 0, 0, 1, 2) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("tell of a change"), person, version }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("refuse, whatever was answered"), person }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("deliver again"), earlier: fc.nat(9) }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("sweep"), afterMs: fc.constantFrom(0, 5_000, 20_000, 300_000) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant("log in"), person, meanwhile: fc.subarray([0, 1, 2, 3]) }),
    },
  ) satisfies fc.Arbitrary<DrawnStep>,
  { maxLength: 24, size: "max" },
);

export type Message = { readonly messageId: string; readonly person: number } & (
  | { readonly do: "advance" }
  | { readonly do: "user created" | "user changed"; readonly user: UserSnapshot }
  | { readonly do: "user creation rejected"; readonly reason: string }
);
export type Step =
  | Message
  | { readonly do: "sweep"; readonly afterMs: number }
  | { readonly do: "check the password" | "open a session"; readonly person: number };

/** The steps with the news that they bring; those that have none to bring, or nothing to bring again, fall out. */
export function spelledOut(drawn: readonly DrawnStep[], stories: readonly Story[]): Step[] {
  const messages: Message[] = [];
  const deliver = (message: Message | undefined): Message[] => {
    if (message === undefined) return [];
    messages.push(message);
    return [message];
  };
  return drawn.flatMap((step, index): Step[] => {
    switch (step.do) {
      case "sweep":
        return [step];
      case "log in": {
        const { person } = step;
        const changes = step.meanwhile.flatMap((version, i) =>
          deliver(newMessage({ do: "tell of a change", person, version }, `m${index}.${i}`, stories)),
        );
        return [{ do: "check the password", person }, ...changes, { do: "open a session", person }];
      }
      case "deliver again":
        return deliver(messages.at(step.earlier % Math.max(messages.length, 1)));
      default:
        return deliver(newMessage(step, `m${index}`, stories));
    }
  });
}

/** Nothing when there is no such news. */
function newMessage(news: News, messageId: string, stories: readonly Story[]): Message | undefined {
  const { person } = news;
  const story = stories[person];
  if (story === undefined) throw new Error(`nobody knows person ${person}`);
  switch (news.do) {
    case "advance":
      return registering.includes(person) ? { do: "advance", person, messageId } : undefined;
    case "refuse, whatever was answered":
      return { do: "user creation rejected", person, reason: "USER_ID_TAKEN", messageId };
    case "answer":
      if (!("rejection" in story)) return newsOfUser("user created", news.version % story.statuses.length);
      return { do: "user creation rejected", person, reason: story.rejection, messageId };
    case "tell of a change": {
      const changes = "rejection" in story ? 0 : story.statuses.length - 1;
      return changes === 0 ? undefined : newsOfUser("user changed", 1 + (news.version % changes));
    }
  }

  function newsOfUser(what: "user created" | "user changed", index: number): Message | undefined {
    const status = story !== undefined && "statuses" in story ? story.statuses[index] : undefined;
    return status && { do: what, person, user: snapshotOf(person, status, index + 1), messageId };
  }
}

/** What comes of a message that auth sent, when nothing is lost. */
export function answerTo(sent: string, stories: readonly Story[]): Message | undefined {
  const [type, registration = ""] = sent.split(" ");
  const person = Number(registration.slice(1));
  const messageId = `answer to ${sent}`;
  if (type === "register-user") return { do: "advance", person, messageId };
  if (type === "user-registered") return undefined;
  return newMessage({ do: "answer", person, version: 99 }, messageId, stories);
}
