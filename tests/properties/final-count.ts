import type { Registration } from "../../services/auth/domain/registration.ts";
import { device } from "../../services/auth/infrastructure/in-memory-access.fixture.ts";
import { DomainError } from "../../services/platform/errors.ts";
import type { User } from "../../services/users/domain/user.ts";
import type { Attempt } from "./client-log.ts";
import { giveUpAfterMs, type SimulatedSystem } from "./simulated-system.ts";

/** What went wrong, by kind; all empty when the system kept its promise. */
export interface FinalCount {
  /** Acknowledged, and neither completed nor ended for a reason that is true. */
  readonly lost: string[];
  /** More than one user for an address or a registration, or an effect twice. */
  readonly duplicated: string[];
  /** A user without an account or with one that nobody can open, an account without a user, a saga without an end. */
  readonly orphaned: string[];
  /** A user nobody asked for. */
  readonly unexpected: string[];
}

export async function countFinally(system: SimulatedSystem, attempts: readonly Attempt[]): Promise<FinalCount> {
  const users = await system.users();
  const registrations = await registrationsOf(system);
  const count: FinalCount = { lost: [], duplicated: [], orphaned: [], unexpected: [] };
  const registered = system.access.uow.sent.filter((message) => message.type === "user-registered");

  for (const { key, email, password, outcome, registrationId } of attempts) {
    const registration = registrations.find(({ id }) => id === registrationId);
    if (outcome !== "acknowledged") continue;
    if (registration === undefined) count.lost.push(`${key} is nowhere`);
    else if (registration.state === "COMPLETED" && !registered.some((sent) => sent.registrationId === registration.id))
      count.lost.push(`${key} is completed, and nobody was told`);
    else if (!(await endedWell(registration, { email, password }))) count.lost.push(`${key} is ${told(registration)}`);
  }

  const created = system.usersPublished().filter((event) => event.type === "user-created");
  const decisions = new Map(created.map((event) => [`${event.creationId} ${event.userId}`, event.creationId]));
  count.duplicated.push(...repeated(users.map(({ email }) => email)));
  count.duplicated.push(...repeated([...decisions.values()]));
  count.duplicated.push(...repeated(registered.map(({ registrationId }) => registrationId)));

  for (const user of users) {
    const registration = registrations.find(({ userId }) => userId === user.id);
    const account = await system.access.uow.accounts.find(user.id);
    if (registration === undefined) count.unexpected.push(user.email);
    else if (account === null) count.orphaned.push(`${user.email} has no account`);
    else if (registration.state !== "COMPLETED" && user.status !== "DELETED")
      count.orphaned.push(`${user.email} exists, their registration is ${told(registration)}`);
  }
  for (const registration of registrations) {
    const account = await system.access.uow.accounts.find(registration.userId);
    if (account !== null && !users.some(({ id }) => id === account.userId))
      count.orphaned.push(`${account.email} has no user`);
    if (registration.nextSendTime !== null) count.orphaned.push(`${registration.id} is still ${registration.state}`);
  }
  return count;

  /** News of a suspension that was lost, or of its end, is not registration's to repair. */
  async function mayCome(user: User | undefined): Promise<boolean> {
    const account = user === undefined ? null : await system.access.uow.accounts.find(user.id);
    return user?.status === "ACTIVE" && account?.status !== "SUSPENDED";
  }

  async function endedWell(registration: Registration, person: { email: string; password: string }): Promise<boolean> {
    const user = users.find(({ id }) => id === registration.userId);
    switch (registration.reason) {
      case null:
        return registration.state === "COMPLETED" && (!(await mayCome(user)) || (await canLogIn(system, person)));
      case "EMAIL_TAKEN":
        return users.some(({ email, id }) => email === person.email && id !== registration.userId);
      case "CANCELLED":
        return registration.state === "FAILED" && ageAtEnd(registration) > giveUpAfterMs;
      default:
        return registration.reason === "USER_DELETED" && user?.status === "DELETED";
    }
  }
}

const repeated = (values: readonly string[]): string[] => values.filter((value, i) => values.indexOf(value) !== i);

const ageAtEnd = ({ createTime, updateTime }: Registration): number => updateTime.getTime() - createTime.getTime();

const told = ({ state, reason }: Registration): string => (reason === null ? state : `${state}, ${reason}`);

/** Where auth knows another status or address of a user than users-service does. */
export async function staleAccounts(system: SimulatedSystem): Promise<string[]> {
  const stale = async (user: User): Promise<string[]> => {
    const account = await system.access.uow.accounts.find(user.id);
    return account?.status === user.status && account.email === user.email ? [] : [user.email];
  };
  return (await Promise.all((await system.users()).map(stale))).flat();
}

async function registrationsOf({ access }: SimulatedSystem): Promise<Registration[]> {
  const ids = access.uow.sent.flatMap((sent) => (sent.type === "register-user" ? [sent.registrationId] : []));
  const found = await Promise.all([...new Set(ids)].map((id) => access.uow.registrations.find(id)));
  return found.filter((registration) => registration !== null);
}

async function canLogIn({ access }: SimulatedSystem, person: { email: string; password: string }): Promise<boolean> {
  try {
    await access.login({ ...person, device });
    return true;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}
