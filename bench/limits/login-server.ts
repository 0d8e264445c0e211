import { availableParallelism } from "node:os";
import pg from "pg";
import { createLimiter } from "../../services/platform/limiter.ts";
import { rawHash, rawVerify } from "./argon2.ts";
import { serveBareMethod } from "./bare-grpc-server.ts";

/**
 * `login-server.ts BYTES` with DATABASE_URL: answers every call with a message of that size, after what no login can do
 * without: one prepared SELECT of the account whose address the request's JSON holds, one verification, one INSERT.
 */
const answer = Buffer.alloc(Number(process.argv[2]));
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const select = { name: "account", text: "select user_id, password_hash from auth.accounts where email = $1" };
const insert = {
  name: "session",
  text: `insert into auth.sessions
      (id, user_id, salt, rotate_time, user_agent, ip_address, create_time, last_used_time, expire_time)
    values (uuidv7(), $1, 'salt', now(), '', '', now(), now(), now() + interval '30 days')`,
};
const hash = await rawHash();
const oneForEachCore = createLimiter(availableParallelism());

serveBareMethod(async (request, reply) => {
  const { email } = JSON.parse(request.toString());
  const { rows } = await pool.query({ ...select, values: [email] });
  await oneForEachCore(() => rawVerify(hash));
  await pool.query({ ...insert, values: [rows[0]?.user_id] });
  reply(answer);
});
