import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const secretsFile = z.object({
  /** 32 bytes, base64: encrypts the signing keys in the database. */
  KEY_ENCRYPTION_KEY: z.string().regex(/^[A-Za-z0-9+/]{43}=$/, "must be 32 bytes in base64"),
  /** `gateway=…,auth=…,users=…` */
  SERVICE_CREDENTIALS: z.string().min(1),
});

/** What a development installation keeps secret, under the names of the environment variables that carry it. */
export type DevelopmentSecrets = z.infer<typeof secretsFile>;

/**
 * The secrets in `DATA_DIR/secrets.json` (mode 0600), generated the first time. They last as long as the database
 * beside them: with another key its signing keys are unreadable.
 * @throws Error when the file is not what this wrote.
 */
export async function developmentSecrets(dataDir: string): Promise<DevelopmentSecrets> {
  const path = join(dataDir, "secrets.json");
  await mkdir(dataDir, { recursive: true });
  const kept = (await readIfExists(path)) ?? (await generate(path));
  const parsed = secretsFile.safeParse(parseJson(kept, path));
  if (!parsed.success) throw new Error(`${path} is damaged:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Two processes may come here at once: the first link wins, and both read the winner's file. */
async function generate(path: string): Promise<string> {
  const secret = () => randomBytes(32).toString("base64url");
  const secrets: DevelopmentSecrets = {
    KEY_ENCRYPTION_KEY: randomBytes(32).toString("base64"),
    SERVICE_CREDENTIALS: ["gateway", "auth", "users"].map((name) => `${name}=${secret()}`).join(","),
  };
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  await writeFile(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true });
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(draft);
  }
  return await readFile(path, "utf8");
}

async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is damaged: it is not JSON`, { cause });
  }
}
