import type { RegistrationState } from "../../services/auth/domain/registration.ts";
import type { Service, ServiceDatabase } from "./databases.ts";

/** A registration as its operator sees it: never the password's hash. The fields are those of `--json`. */
export interface RegistrationReport {
  readonly id: string;
  readonly userId: string;
  readonly state: RegistrationState;
  readonly reason: string | null;
  /** How often the pending command was sent. */
  readonly sends: number;
  /** When it is sent again; null when nothing is pending. */
  readonly nextSendTime: Date | null;
  readonly createTime: Date;
  readonly updateTime: Date;
  /** A message about it is still in auth's outbox. */
  readonly inOutbox: boolean;
}

const columns = `id, user_id as "userId", state, reason, sends, next_send_time as "nextSendTime",
  create_time as "createTime", update_time as "updateTime",
  exists (select from auth.outbox where subject = registrations.id::text) as "inOutbox"`;

const isStuck = "state not in ('COMPLETED', 'REJECTED', 'FAILED') and create_time < $1";

/** Unfinished and older than `before`, the oldest first, and how many there are. */
export async function stuckRegistrations(
  { client }: ServiceDatabase,
  before: Date,
  limit: number,
): Promise<{ total: number; registrations: RegistrationReport[] }> {
  const counted = await client.query<{ count: number }>(
    `select count(*)::integer as count from auth.registrations where ${isStuck}`,
    [before],
  );
  const { rows } = await client.query<RegistrationReport>(
    `select ${columns} from auth.registrations where ${isStuck} order by create_time limit $2`,
    [before, limit],
  );
  return { total: counted.rows[0]?.count ?? 0, registrations: rows };
}

/** One registration, and all that the two services know of it. */
export interface RegistrationDetails extends RegistrationReport {
  /** Null once it is finished: it is forgotten then. */
  readonly email: string | null;
  /** What users-service has made of it; null when it has heard nothing. */
  readonly creation: { readonly outcome: "PENDING" | "CREATED" | "REJECTED"; readonly reason: string | null } | null;
  readonly account: { readonly status: string; readonly hasPassword: boolean } | null;
  /** Messages about it, or about its user, that wait to be handed over. */
  readonly waiting: readonly RelatedMessage[];
  readonly deadLetters: readonly RelatedLetter[];
}

interface RelatedMessage {
  readonly service: Service;
  readonly messageId: string;
  readonly type: string;
  readonly attempts: number;
}

interface RelatedLetter {
  readonly id: string;
  readonly type: string;
  readonly reason: string;
}

type Databases = Readonly<Record<Service, ServiceDatabase>>;

export async function registrationDetails(databases: Databases, id: string): Promise<RegistrationDetails | null> {
  const { rows } = await databases.auth.client.query<RegistrationReport & { email: string | null }>(
    `select ${columns}, email from auth.registrations where id = $1`,
    [id],
  );
  const [registration] = rows;
  if (registration === undefined) return null;
  const creations = await databases.users.client.query<NonNullable<RegistrationDetails["creation"]>>(
    `select coalesce(outcome, 'PENDING') as outcome, reason from users.creations where creation_id = $1`,
    [id],
  );
  const accounts = await databases.auth.client.query<NonNullable<RegistrationDetails["account"]>>(
    `select status, password_hash is not null as "hasPassword" from auth.accounts where user_id = $1`,
    [registration.userId],
  );
  const waiting: RelatedMessage[] = [];
  const deadLetters: RelatedLetter[] = [];
  for (const { service, client } of Object.values(databases)) {
    const subjects = [[id, registration.userId]];
    const messages = await client.query<RelatedMessage>(
      `select '${service}' as service, id as "messageId", type, attempts from ${service}.outbox
       where subject = any($1) order by seq`,
      subjects,
    );
    const letters = await client.query<RelatedLetter>(
      `select '${service}:' || id as id, type, reason from ${service}.dead_letters where subject = any($1) order by id`,
      subjects,
    );
    waiting.push(...messages.rows);
    deadLetters.push(...letters.rows);
  }
  return {
    ...registration,
    creation: creations.rows[0] ?? null,
    account: accounts.rows[0] ?? null,
    waiting,
    deadLetters,
  };
}
