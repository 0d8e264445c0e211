import { randomUUID } from "node:crypto";
import pg from "pg";
import {
  createArgon2PasswordHasher,
  defaultParameters,
} from "../../services/auth/infrastructure/argon2-password-hasher.ts";
import { createHashingPool } from "../../services/auth/infrastructure/hashing-pool.ts";
import { password } from "../password.ts";
import type { HttpClient } from "./http.ts";

export interface Person {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

/** Somebody who has an account. */
export interface KnownPerson {
  readonly userId: string;
  readonly email: string;
}

export const somebody = (): Person => ({ name: "Ada Lovelace", email: `ada-${randomUUID()}@example.com`, password });

/** Signs a new person up and waits for the account: 201, nothing else. Resolves with the user's id. */
export async function register(http: HttpClient): Promise<string> {
  const { registration } = await http.post("/api/v1/auth/register", somebody(), 201, { prefer: "wait=8" });
  return registration.userId;
}

/** $1 for their addresses, $2 how many, $3 the hash, $4 status of the account, $5 roles. */
const insertPeople = `
  with new_users as (
    insert into users.users (id, email, name, status, version, create_time, update_time)
    select uuidv7(), $1 || '-' || n || '@example.com', 'Ada Lovelace', $4, 1, now(), now() from generate_series(1, $2) n
    returning id, email
  )
  insert into auth.accounts
    (user_id, email, status, user_version, password_hash, credential_version, roles, email_verified, create_time, update_time)
  select id, email, $4, 1, $3, 1, $5, true, now(), now() from new_users`;

/** How the accounts of people stand who may not log in, and of one who may do everything. */
export interface AccountKind {
  readonly status?: "ACTIVE" | "SUSPENDED";
  /** INVITED: nobody has set a password yet. */
  readonly hasPassword?: boolean;
  readonly roles?: readonly string[];
}

/** Makes people by SQL, as many as it takes, all with the same password. @returns some of them, at most `sample`. */
export async function seedPeople(
  databaseUrl: string,
  count: number,
  { status = "ACTIVE", hasPassword = true, roles = ["user"] }: AccountKind = {},
  sample = count,
): Promise<KnownPerson[]> {
  const hasher = await createArgon2PasswordHasher({
    pool: createHashingPool({ concurrency: 1 }),
    parameters: defaultParameters,
  });
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    const name = `person-${randomUUID()}`;
    const hash = hasPassword ? await hasher.hash(password) : null;
    await database.query(insertPeople, [name, count, hash, status, roles]);
    // Autovacuum would do this in the middle of a measurement.
    await database.query("vacuum analyze users.users, auth.accounts");
    const numbers = Array.from({ length: sample }, (_, index) => 1 + Math.floor((index * count) / sample));
    const { rows } = await database.query<KnownPerson>(
      `select user_id as "userId", email from auth.accounts where email = any($1)`,
      [numbers.map((number) => `${name}-${number}@example.com`)],
    );
    return rows;
  } finally {
    await database.end();
  }
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export async function logIn(http: HttpClient, { email }: KnownPerson): Promise<Tokens> {
  return (await http.post("/api/v1/auth/login", { email, password }, 200)).tokens;
}

/** Access tokens that are all different and all valid: those of one session, refreshed again and again. */
async function manyAccessTokens(http: HttpClient, person: KnownPerson, count: number): Promise<string[]> {
  const accessTokens: string[] = [];
  for (let tokens = await logIn(http, person); ; ) {
    accessTokens.push(tokens.accessToken);
    if (accessTokens.length === count) return accessTokens;
    tokens = (await http.post("/api/v1/auth/refresh", { refreshToken: tokens.refreshToken }, 200)).tokens;
  }
}

/** Of a new administrator. */
export async function adminTokens(http: HttpClient, databaseUrl: string, count: number): Promise<string[]> {
  const [admin] = await seedPeople(databaseUrl, 1, { roles: ["user", "admin"] });
  if (admin === undefined) throw new Error("there is no administrator");
  return await manyAccessTokens(http, admin, count);
}
