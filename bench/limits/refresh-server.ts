import { generateKeyPairSync, sign } from "node:crypto";
import pg from "pg";
import { serveBareMethod } from "./bare-grpc-server.ts";

/**
 * `refresh-server.ts BYTES` with DATABASE_URL: answers every call with a message of that size, after what no refresh can do
 * without: one UPDATE of the session whose id the request is, and one Ed25519 signature over as many bytes.
 */
const answer = Buffer.alloc(Number(process.argv[2]));
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const rotate = {
  name: "rotate",
  text: `update auth.sessions set counter = counter + 1, rotate_time = $2, last_used_time = $2
    where id = $1 and revoke_time is null and expire_time > $2 returning user_id, salt, counter`,
};
const { privateKey } = generateKeyPairSync("ed25519");

serveBareMethod(async (request, reply) => {
  const { rowCount } = await pool.query({ ...rotate, values: [request.toString(), new Date()] });
  if (rowCount !== 1) throw new Error(`no session ${request}`);
  sign(null, answer, privateKey);
  reply(answer);
});
