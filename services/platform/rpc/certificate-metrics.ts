import { Gauge } from "prom-client";

/** When each of this process's certificates ends, as of now. */
const ends = new Set<() => Date>();

/** Tells of a certificate's end on every scrape, until the returned function is called. */
export function measureCertificate(notAfter: () => Date): () => void {
  ends.add(notAfter);
  return () => void ends.delete(notAfter);
}

new Gauge({
  name: "limen_certificate_expiry_timestamp_seconds",
  help: "When this process's certificate ends, in seconds since 1970; nothing where it has none",
  collect() {
    this.remove();
    if (ends.size > 0) this.set(Math.min(...[...ends].map((notAfter) => notAfter().getTime() / 1_000)));
  },
});
