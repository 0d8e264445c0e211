import type { SigningKey } from "../domain/signing-key.ts";
import type { SigningKeyStore } from "./key-ring.ts";

export function createInMemorySigningKeys(): SigningKeyStore {
  let keys: readonly SigningKey[] = [];
  return {
    list: async () => keys,
    async update(change) {
      keys = change(keys);
      return keys;
    },
  };
}
