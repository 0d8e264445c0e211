import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { type ChannelCredentials, experimental, type ServerCredentials } from "@grpc/grpc-js";
import { ConfigError } from "../config.ts";
import { describeError, type Log } from "../log.ts";
import { type Periodic, startPeriodic } from "../periodic.ts";
import { measureCertificate } from "./certificate-metrics.ts";

/** Both ends of every gRPC connection show a certificate of one authority. */
export interface MutualTls {
  readonly server: ServerCredentials;
  readonly client: ChannelCredentials;
  /** The end of our own certificate. */
  notAfter(): Date;
  /** Looks for new files from now on. */
  start(): void;
  stop(): Promise<void>;
}

interface Certificates {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  readonly caCertificate: Buffer;
  readonly notAfter: Date;
}

/**
 * The certificate (`tls.crt`, with intermediates), its key (`tls.key`) and the authority (`ca.crt`) in a directory, as
 * cert-manager writes them, in PEM. New files count for new connections; those that are open stay so until they are as
 * old as the listener lets them be. Files that do not fit together, half written perhaps, change nothing.
 * @throws ConfigError when there is nothing usable to begin with.
 */
export function openMutualTls(deps: {
  readonly directory: string;
  readonly log: Log;
  readonly everyMs?: number;
}): MutualTls {
  const { directory, log, everyMs = 10_000 } = deps;
  let current = readFirst(directory);
  const provider = createProvider(() => current);
  const notAfter = () => current.notAfter;
  const stopMeasuring = measureCertificate(notAfter);
  let watching: Periodic | undefined;

  async function reload(): Promise<void> {
    const found = readCertificates(directory);
    if (isSame(found, current)) return;
    current = found;
    provider.changed();
    log.info({ event: "certificate_reloaded", notAfter: found.notAfter.toISOString() }, "new certificate");
  }

  return {
    server: experimental.createCertificateProviderServerCredentials(provider, provider, true),
    client: experimental.createCertificateProviderChannelCredentials(provider, provider),
    notAfter,
    start() {
      watching = startPeriodic({ name: "certificate reload", everyMs, log, work: reload });
    },
    async stop() {
      stopMeasuring();
      await watching?.stop();
    },
  };
}

function readFirst(directory: string): Certificates {
  try {
    return readCertificates(directory);
  } catch (error) {
    throw new ConfigError(`The certificates in ${directory} are not usable: ${describeError(error)}`);
  }
}

function readCertificates(directory: string): Certificates {
  const [certificate, privateKey, caCertificate] = ["tls.crt", "tls.key", "ca.crt"].map((name) =>
    readFileSync(join(directory, name)),
  ) as [Buffer, Buffer, Buffer];
  // Throw where the key belongs to another certificate, or the authority is none.
  createSecureContext({ cert: certificate, key: privateKey });
  void new X509Certificate(caCertificate);
  return { certificate, privateKey, caCertificate, notAfter: new X509Certificate(certificate).validToDate };
}

function isSame(a: Certificates, b: Certificates): boolean {
  return (["certificate", "privateKey", "caCertificate"] as const).every((part) => a[part].equals(b[part]));
}

/** grpc-js's own file watcher would take a certificate with another one's key, and close the listener over it. */
function createProvider(current: () => Certificates): experimental.CertificateProvider & { changed(): void } {
  const authorities = new Set<experimental.CaCertificateUpdateListener>();
  const identities = new Set<experimental.IdentityCertificateUpdateListener>();
  return {
    changed() {
      for (const listener of authorities) listener(current());
      for (const listener of identities) listener(current());
    },
    // Listeners expect their first call after they were added, not meanwhile.
    addCaCertificateListener(listener) {
      authorities.add(listener);
      process.nextTick(() => listener(current()));
    },
    removeCaCertificateListener: (listener) => void authorities.delete(listener),
    addIdentityCertificateListener(listener) {
      identities.add(listener);
      process.nextTick(() => listener(current()));
    },
    removeIdentityCertificateListener: (listener) => void identities.delete(listener),
  };
}
