import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { previousKeys } from "../../services/auth/config.ts";
import { parseConfig } from "../../services/platform/config.ts";
import { developmentSecrets } from "../local/secrets.ts";

const settings = z.object({
  KEY_ENCRYPTION_KEY: z.string().optional(),
  KEY_ENCRYPTION_KEY_PREVIOUS: previousKeys,
  DATA_DIR: z.string().default(".data"),
});

/** The newest first: from the environment, as the services have it, or the one that `npm start` keeps under DATA_DIR. */
export async function keyEncryptionKeys(env: NodeJS.ProcessEnv): Promise<readonly Buffer[]> {
  const given = parseConfig(settings, env);
  const newest = given.KEY_ENCRYPTION_KEY ?? (await developmentKey(given.DATA_DIR));
  return [Buffer.from(newest, "base64"), ...given.KEY_ENCRYPTION_KEY_PREVIOUS];
}

/** Only one that is there: a new one would open nothing. */
async function developmentKey(dataDir: string): Promise<string> {
  if (!existsSync(join(dataDir, "secrets.json"))) {
    throw new Error(`KEY_ENCRYPTION_KEY is not set, and there are no secrets under ${dataDir}`);
  }
  return (await developmentSecrets(dataDir)).KEY_ENCRYPTION_KEY;
}
