import pg from "pg";
import { serveBareMethod } from "./bare-grpc-server.ts";

/**
 * `select-server.ts BYTES` with DATABASE_URL: answers every call with a message of that size, after one prepared SELECT of the
 * user whose id the request holds. As many connections as a service has.
 */
const answer = Buffer.alloc(Number(process.argv[2]));
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const select = {
  name: "user_by_id",
  text: "select id, email, name, status, version, create_time, update_time from users.users where id = $1",
};
/** A GetUserRequest is the tag and the length of its only field, then the id. */
const idOf = (request: Buffer): string => request.toString("latin1", 2);

serveBareMethod(async (request, reply) => {
  const { rows } = await pool.query({ ...select, values: [idOf(request)] });
  if (rows.length !== 1) throw new Error(`no user ${idOf(request)}`);
  reply(answer);
});
