import type { AuditEntry } from "../application/credential-ports.ts";
import type { SigningKey } from "../domain/signing-key.ts";
import type { SigningKeyStore } from "./key-ring.ts";

export function createInMemorySigningKeys(): SigningKeyStore & { readonly audited: readonly AuditEntry[] } {
  const audited: AuditEntry[] = [];
  let keys: readonly SigningKey[] = [];
  return {
    audited,
    list: async () => keys,
    async update(change, entryOf) {
      const wanted = change(keys);
      const entry = wanted === keys ? null : entryOf(wanted);
      if (entry !== null) audited.push(entry);
      keys = wanted;
      return keys;
    },
  };
}
