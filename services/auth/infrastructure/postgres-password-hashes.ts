import type { Pool } from "pg";
import { preparedQuery } from "../../platform/database/database.ts";
import type { PasswordHashes } from "../application/credential-ports.ts";

export function createPostgresPasswordHashes(pool: Pool): PasswordHashes {
  const replace = preparedQuery(
    pool,
    "password_hash_replace",
    "update auth.accounts set password_hash = $3 where user_id = $1 and password_hash = $2",
  );
  return { replace: async (userId, oldHash, newHash) => void (await replace([userId, oldHash, newHash])) };
}
