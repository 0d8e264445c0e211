import { Command } from "commander";
import { currentKey, publishedKeys, type SigningKey } from "../../services/auth/domain/signing-key.ts";
import { keySchedule } from "../../services/auth/infrastructure/key-schedule.ts";
import { createPostgresSigningKeys } from "../../services/auth/infrastructure/postgres-signing-keys.ts";
import { createSigningKeyCipher } from "../../services/auth/infrastructure/signing-key-cipher.ts";
import {
  createSigningKeyOperations,
  type SigningKeyOperations,
} from "../../services/auth/infrastructure/signing-key-operations.ts";
import { withAuth } from "./auth-store.ts";
import { type Context, jsonOption, printJson } from "./context.ts";
import { keyEncryptionKeys } from "./key-encryption-keys.ts";

interface Options {
  readonly json?: boolean;
}

/** How long a withdrawn key has to stay published where ACCESS_TOKEN_TTL is longer than its default. */
const longestAccessTtlMs = 3_600_000;

export function keysCommand(context: Context): Command {
  const command = new Command("keys").description("the keys that access tokens are signed with");
  command
    .command("list")
    .description("next, current and previous")
    .addOption(jsonOption())
    .action((options: Options) =>
      withAuth(context, async (auth) => {
        print(context, await createPostgresSigningKeys(auth).list(), options);
      }),
    );
  command
    .command("rotate")
    .description("let the next key sign, as soon as every verifier knows it")
    .addOption(jsonOption())
    .action((options: Options) => operate(context, options, ({ rotate }) => rotate()));
  command
    .command("revoke")
    .description("withdraw a key that may have leaked: what it signed counts no more within a minute")
    .argument("<kid>", "id of the key, from the list")
    .addOption(jsonOption())
    .action((kid: string, options: Options) => operate(context, options, ({ revoke }) => revoke(kid)));
  command
    .command("reencrypt")
    .description("seal every key under KEY_ENCRYPTION_KEY, opening it with that or one of KEY_ENCRYPTION_KEY_PREVIOUS")
    .addOption(jsonOption())
    .action((options: Options) => operate(context, options, ({ reencrypt }) => reencrypt()));
  return command;
}

const operate = (
  context: Context,
  options: Options,
  work: (keys: SigningKeyOperations) => Promise<readonly SigningKey[]>,
) =>
  withAuth(context, async (auth) => {
    const operations = createSigningKeyOperations({
      store: createPostgresSigningKeys(auth),
      cipher: createSigningKeyCipher({ masterKeys: await keyEncryptionKeys(context.env) }),
      schedule: keySchedule(longestAccessTtlMs),
      clock: auth.clock,
    });
    print(context, await work(operations), options);
  });

function print(context: Context, keys: readonly SigningKey[], { json = false }: Options): void {
  const now = new Date();
  const rows = publishedKeys(keys, now).map((key) => ({
    kid: key.kid,
    state: stateOf(key, keys, now),
    activateTime: key.activateTime.toISOString(),
    expireTime: key.expireTime?.toISOString() ?? null,
  }));
  if (json) {
    printJson(context, { keys: rows });
    return;
  }
  for (const { kid, state, activateTime, expireTime } of rows) {
    const until = expireTime === null ? "" : `, published until ${expireTime}`;
    context.terminal.print(`${kid}  ${state.padEnd(8)}  signs from ${activateTime}${until}\n`);
  }
}

function stateOf({ kid, activateTime }: SigningKey, keys: readonly SigningKey[], now: Date): string {
  if (activateTime > now) return "next";
  return kid === currentKey(keys, now)?.kid ? "current" : "previous";
}
