import { createAdvanceRegistration } from "../../services/auth/application/advance-registration.ts";
import { createChangeEmail } from "../../services/auth/application/change-email.ts";
import { createCheckPassword } from "../../services/auth/application/check-password.ts";
import { createConfirmEmailChange } from "../../services/auth/application/confirm-email-change.ts";
import { createFindProof } from "../../services/auth/application/find-proof.ts";
import { createRegister, type Registered } from "../../services/auth/application/register.ts";
import { createSettleEmailChange } from "../../services/auth/application/settle-email-change.ts";
import { createSettleRegistration } from "../../services/auth/application/settle-registration.ts";
import { createSweepEmailChanges } from "../../services/auth/application/sweep-email-changes.ts";
import { createSweepRegistrations } from "../../services/auth/application/sweep-registrations.ts";
import type { Mail } from "../../services/auth/domain/mail.ts";
import { createHmacProofTokens } from "../../services/auth/infrastructure/hmac-proof-tokens.ts";
import {
  createTestAccess,
  dayMs,
  device,
  secondMs,
} from "../../services/auth/infrastructure/in-memory-access.fixture.ts";
import { createCancelUserCreation } from "../../services/users/application/cancel-user-creation.ts";
import { createCancelUserEmailChange } from "../../services/users/application/cancel-user-email-change.ts";
import { createChangeUserEmail } from "../../services/users/application/change-user-email.ts";
import { createCreateUser } from "../../services/users/application/create-user.ts";
import { createDeleteUser } from "../../services/users/application/delete-user.ts";
import { createReactivateUser } from "../../services/users/application/reactivate-user.ts";
import { createSuspendUser } from "../../services/users/application/suspend-user.ts";
import { userChanged } from "../../services/users/domain/events.ts";
import type { User } from "../../services/users/domain/user.ts";
import { createInMemoryUnitOfWork } from "../../services/users/infrastructure/in-memory-unit-of-work.ts";
import { Crash, createCrashingUnitOfWork } from "./crashing-unit-of-work.ts";
import { createSimulatedNetwork, type Packet } from "./simulated-network.ts";

export const giveUpAfterMs = dayMs;
const answerScheduleMs = [5 * secondMs, 15 * secondMs, 60 * secondMs];
const longestWaitMs = 60 * secondMs;
const proofLifetimesMs = {
  ...{ RESET: dayMs, VERIFY_EMAIL: dayMs, INVITATION: dayMs },
  ...{ REGISTRATION: dayMs, CHANGE_EMAIL: 3 * dayMs },
};
const nobody = { wait: () => Promise.reject(new Error("nobody waits here")) };
const noMail = async (): Promise<void> => undefined;

const commandsForUsers: ReadonlySet<string> = new Set([
  ...["create-user", "cancel-user-creation"],
  ...["change-user-email", "cancel-user-email-change"],
]);

export type DeliveryEnd = "acknowledged" | "crash before the commit" | "crash before the acknowledgement";

export type SimulatedSystem = Awaited<ReturnType<typeof createSimulatedSystem>>;

/** Both contexts' use cases, on databases in memory, with nothing between them but the simulated network. */
export async function createSimulatedSystem() {
  const network = createSimulatedNetwork();
  const access = await createTestAccess();
  const { clock, time } = access;
  const authUow = createCrashingUnitOfWork(access.uow);
  const usersDatabase = createInMemoryUnitOfWork();
  const usersUow = createCrashingUnitOfWork(usersDatabase);

  const register = createRegister({
    ...{ uow: authUow, registrations: access.uow.registrations, accounts: access.uow.accounts, clock, ids: access.ids },
    ...{ hasher: access.hasher, login: access.login, openSession: access.openSession, answerScheduleMs },
    waiter: nobody,
    policy: async (password) => password,
    digest: (parts) => new TextEncoder().encode(JSON.stringify(parts)),
    idempotencyMs: 1_000 * dayMs,
    guard: access.guard,
    mode: "open",
  });
  const advance = createAdvanceRegistration({ uow: authUow, clock, answerScheduleMs, mailRegistrationProof: noMail });
  const settle = createSettleRegistration({ uow: authUow, clock, mailLink: noMail });
  const settleEmailChange = createSettleEmailChange({ uow: authUow, clock });
  const sweeps = [
    createSweepRegistrations({ uow: authUow, clock, answerScheduleMs, giveUpAfterMs }),
    createSweepEmailChanges({ uow: authUow, clock, answerScheduleMs, giveUpAfterMs }),
  ];
  const proofTokens = createHmacProofTokens({ masterKeys: [new Uint8Array(32)] });
  const changeEmail = createChangeEmail({
    ...{ uow: authUow, accounts: access.uow.accounts, guard: access.guard, clock, ids: access.ids, proofLifetimesMs },
    checkPassword: createCheckPassword(access),
  });
  const confirmEmailChange = createConfirmEmailChange({
    ...{ uow: authUow, guard: access.guard, clock, answerScheduleMs, waiter: nobody },
    findProof: createFindProof({ proofs: access.uow.proofs, proofTokens, guard: access.guard, clock }),
  });
  const ofUsers = { uow: usersUow, clock };
  const [createUser, cancelUserCreation] = [createCreateUser(ofUsers), createCancelUserCreation(ofUsers)];
  const [changeUserEmail, cancelUserEmailChange] = [
    createChangeUserEmail(ofUsers),
    createCancelUserEmailChange(ofUsers),
  ];
  const changes = {
    suspend: createSuspendUser(ofUsers),
    reactivate: createReactivateUser(ofUsers),
    delete: createDeleteUser(ofUsers),
  };

  /** What the units of work have kept to be sent goes to the outboxes. */
  const collected = { auth: 0, users: 0 };
  function collect(): void {
    for (const message of access.uow.sent.slice(collected.auth)) network.send("auth", message);
    for (const event of usersDatabase.published().slice(collected.users)) network.send("users", event);
    collected.auth = access.uow.sent.length;
    collected.users = usersDatabase.published().length;
  }

  async function handle({ id, message }: Packet): Promise<void> {
    switch (message.type) {
      case "register-user":
        return advance(message.registrationId, id);
      case "create-user":
        return createUser(message, id);
      case "cancel-user-creation":
        return cancelUserCreation(message, id);
      case "user-created":
        return settle.userCreated(message.creationId, message, id);
      case "user-creation-rejected":
        return settle.userCreationRejected(message.creationId, message.reason, id);
      case "change-user-email":
        return changeUserEmail(message, id);
      case "cancel-user-email-change":
        return cancelUserEmailChange(message, id);
      case "user-email-changed":
        return settleEmailChange.userEmailChanged(message.changeId, message, id);
      case "user-email-change-rejected":
        return settleEmailChange.userEmailChangeRejected(message.changeId, message.userId, message.reason, id);
      case "user-registered":
      case "refresh-token-reused":
      case "send-password-reset":
        return; // For others: no queue of ours receives it.
      default:
        return settle.userChanged(message, id);
    }
  }

  async function deliver(which: number, end: DeliveryEnd = "acknowledged"): Promise<Packet | undefined> {
    const packet = network.next(which);
    if (packet === undefined) return undefined;
    const isForUsers = commandsForUsers.has(packet.message.type);
    try {
      await (end === "crash before the commit"
        ? (isForUsers ? usersUow : authUow).dieDuring(() => handle(packet))
        : handle(packet));
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
    if (end === "acknowledged") network.acknowledge(packet);
    collect();
    return packet;
  }

  /** Everything on its way arrives, and what comes of it too. */
  async function settleDown(): Promise<void> {
    while (network.size() > 0) {
      network.relay("auth", 0);
      network.relay("users", 0);
      await deliver(0);
    }
  }

  async function sweepAfter(ms: number): Promise<number> {
    time.ms += ms;
    access.uow.waiting.clear();
    for (const { message } of network.waitingIn("auth")) {
      if ("creationId" in message) access.uow.waiting.add(message.creationId);
      if ("changeId" in message) access.uow.waiting.add(message.changeId);
      if (message.type === "register-user") access.uow.waiting.add(message.registrationId);
    }
    let taken = 0;
    for (const sweep of sweeps) taken += await sweep(100);
    collect();
    return taken;
  }

  const users = async (): Promise<User[]> => {
    const ids = usersDatabase.published().flatMap((event) => (event.type === "user-created" ? [event.userId] : []));
    const found = await usersDatabase.run((tx) => Promise.all([...new Set(ids)].map((id) => tx.users.find(id))));
    return found.filter((user) => user !== null);
  };

  return {
    network,
    access,
    users,
    usersPublished: usersDatabase.published,
    deliver,
    settleDown,
    sweepAfter,
    /** As the api does it for a caller who does not wait. @throws Crash when it is to die: then nothing has happened. */
    async register(person: { email: string; password: string; key: string }, dies: boolean): Promise<Registered> {
      const { key: idempotencyKey, ...credentials } = person;
      const call = () =>
        register({ name: "Somebody", ...credentials, locale: "en", idempotencyKey, waitMs: 0, device });
      try {
        return await (dies ? authUow.dieDuring(call) : call());
      } finally {
        collect();
      }
    },
    /** As the api does it for the owner. @throws Crash as `register` does. */
    async changeEmail(userId: string, currentPassword: string, newEmail: string, dies: boolean): Promise<void> {
      const { ipAddress } = device;
      const call = () => changeEmail({ userId, sessionId: "s", newEmail, currentPassword, ipAddress });
      await (dies ? authUow.dieDuring(call) : call());
    },
    /** As the api does it for whoever follows the mail's link. @throws Crash as `register` does. */
    async confirmEmailChange({ proofId: id }: Mail, dies: boolean): Promise<void> {
      if (id === null) throw new Error("a mail without a link");
      const token = proofTokens.mint({ id, kind: "CHANGE_EMAIL" });
      const call = () => confirmEmailChange({ token, waitMs: 0, ipAddress: device.ipAddress });
      try {
        await (dies ? authUow.dieDuring(call) : call());
      } finally {
        collect();
      }
    },
    async change(what: keyof typeof changes, { id: userId }: User): Promise<User> {
      const changed = await changes[what]({ userId, etag: null, actor: null });
      collect();
      return changed;
    },
    /** Without another loss: what was on its way arrives, and what is not answered is asked for again. */
    async heal(): Promise<void> {
      await settleDown();
      await sweepAfter(longestWaitMs);
      await settleDown();
    },
    /** The operator's remedy for lost news about users: everybody is told of as they are. */
    async republish(): Promise<void> {
      for (const user of await users()) network.send("users", userChanged("user-updated", user, null));
      await settleDown();
    },
  };
}
