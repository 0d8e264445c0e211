import argon2 from "argon2";
import { defaultParameters } from "../../services/auth/infrastructure/argon2-password-hasher.ts";
import { password } from "../password.ts";

/** argon2id with the parameters that auth-service has in production, and nothing around it. */
export const rawHash = (): Promise<string> =>
  argon2.hash(password, {
    type: argon2.argon2id,
    memoryCost: defaultParameters.memoryKib,
    timeCost: defaultParameters.passes,
    parallelism: defaultParameters.lanes,
  });

/** @throws Error when the hash is not that of the password. */
export async function rawVerify(hash: string): Promise<void> {
  if (!(await argon2.verify(hash, password))) throw new Error("argon2 refuses a hash of its own");
}
