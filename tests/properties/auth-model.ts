import type { UserSnapshot } from "../../services/auth/domain/account.ts";
import type { RegistrationState } from "../../services/auth/domain/registration.ts";
import { hashOf, type Message, registering, registrationOf, type Step, userOf } from "./auth-steps.ts";

/** A registration whose deadline is over, and whether it is past the time to give up. */
export interface Due {
  readonly id: string;
  readonly givesUp: boolean;
}

export interface View {
  readonly registrations: readonly {
    readonly id: string;
    readonly state: RegistrationState;
    readonly reason: string | null;
    /** Null once the applicant is forgotten. */
    readonly passwordHash: string | null;
    readonly asksAgain: "never" | "later" | "now";
  }[];
  readonly accounts: readonly (UserSnapshot & { readonly passwordHash: string | null })[];
  readonly sessions: readonly { readonly id: string; readonly userId: string; readonly revokeReason: string | null }[];
}

/** What the use cases are meant to do, and to send. */
export function modelAuth() {
  const handled = new Set<string>();
  const registrations = new Map<string, View["registrations"][number]>();
  for (const person of registering) {
    const id = registrationOf(person);
    registrations.set(id, { id, state: "ACCEPTED", reason: null, passwordHash: hashOf(person), asksAgain: "later" });
  }
  const accounts = new Map<string, View["accounts"][number]>();
  let sessions: View["sessions"] = [];
  /** Users whose password was checked and who have kept password and status since. */
  const checked = new Set<string>();

  function move(id: string, state: RegistrationState): void {
    const registration = registrations.get(id);
    if (registration !== undefined) registrations.set(id, { ...registration, state });
  }

  /** Does nothing to a registration that has ended. */
  function end(id: string, state: RegistrationState, reason: string | null): string | null {
    const registration = registrations.get(id);
    if (registration === undefined || registration.passwordHash === null) return null;
    registrations.set(id, { id, state, reason, passwordHash: null, asksAgain: "never" });
    return registration.passwordHash;
  }

  function learn(user: UserSnapshot, passwordHash: string | null): void {
    const known = accounts.get(user.userId);
    const newest = known === undefined || user.version > known.version ? user : known;
    accounts.set(user.userId, { ...newest, passwordHash: passwordHash ?? known?.passwordHash ?? null });
    if (known?.status === newest.status && passwordHash === null) return;
    checked.delete(user.userId);
    if (newest.status === "ACTIVE") return;
    const revokeReason = `USER_${newest.status}`;
    sessions = sessions.map((session) =>
      session.userId === user.userId && session.revokeReason === null ? { ...session, revokeReason } : session,
    );
  }

  function receive(message: Message): string[] {
    const id = registrationOf(message.person);
    switch (message.do) {
      case "advance":
        if (registrations.get(id)?.state !== "ACCEPTED") return [];
        move(id, "CREATING");
        return [`create-user ${id}`];
      case "user created": {
        if (message.user.status === "DELETED") {
          end(id, "FAILED", "USER_DELETED");
          learn(message.user, null);
          return [];
        }
        const passwordHash = end(id, "COMPLETED", null);
        learn(message.user, passwordHash);
        return passwordHash === null ? [] : [`user-registered ${id}`];
      }
      case "user creation rejected":
        end(id, message.reason === "CANCELLED" ? "FAILED" : "REJECTED", message.reason);
        return [];
      case "user changed":
        learn(message.user, null);
        if (message.user.status === "DELETED") end(id, "FAILED", "USER_DELETED");
        return [];
    }
  }

  function sendAgain({ id, givesUp }: Due): string {
    if (givesUp && registrations.get(id)?.state === "CREATING") move(id, "COMPENSATING");
    const state = registrations.get(id)?.state;
    if (state === "ACCEPTED") return `register-user ${id}`;
    return state === "CREATING" ? `create-user ${id}` : `cancel-user-creation ${id}`;
  }

  return {
    view: (): View => ({
      registrations: [...registrations.values()],
      accounts: [...accounts.values()].toSorted((a, b) => (a.userId < b.userId ? -1 : 1)),
      sessions,
    }),
    take(step: Step, due: readonly Due[]): string[] {
      switch (step.do) {
        case "sweep":
          return due.map(sendAgain).toSorted();
        case "check the password": {
          const account = accounts.get(userOf(step.person));
          if (account?.status === "ACTIVE" && account.passwordHash !== null) checked.add(account.userId);
          return [];
        }
        case "open a session": {
          const userId = userOf(step.person);
          if (checked.has(userId)) sessions = [...sessions, { id: `s${sessions.length}`, userId, revokeReason: null }];
          return [];
        }
        default:
          if (handled.has(step.messageId)) return [];
          handled.add(step.messageId);
          return receive(step);
      }
    },
  };
}
