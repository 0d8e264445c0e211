import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A certificate authority of a test's own: X.509 version 3 (RFC 5280) with keys on the curve P-256. */
export interface TestAuthority {
  /** The authority's own certificate, in PEM. */
  readonly certificate: string;
  /**
   * Issues a certificate for these names, DNS or URI, which ends in `hours`, or ended if negative, and writes it into the
   * directory as cert-manager would: tls.crt, tls.key, ca.crt.
   */
  issueInto(directory: string, names: readonly string[], hours?: number): Promise<void>;
}

export function createTestAuthority(name = "test authority"): TestAuthority {
  const root = newKeys();
  const issuer = distinguishedName(name);
  const isAuthority = sequence(oid(basicConstraints), boolean(true), octets(sequence(boolean(true))));
  const certificate = pem(issue({ issuer, subject: issuer, keys: root, signer: root, extensions: [isAuthority] }));
  return {
    certificate,
    async issueInto(directory, names, hours = 24) {
      const keys = newKeys();
      const alternatives = sequence(oid(subjectAltName), octets(sequence(...names.map(generalName))));
      const subject = distinguishedName(names[0] ?? "");
      const issued = issue({ issuer, subject, keys, signer: root, extensions: [alternatives], hours });
      await mkdir(directory, { recursive: true });
      await Promise.all([
        writeFile(join(directory, "tls.crt"), pem(issued)),
        writeFile(join(directory, "tls.key"), keys.privateKey.export({ type: "pkcs8", format: "pem" })),
        writeFile(join(directory, "ca.crt"), certificate),
      ]);
    },
  };
}

interface Keys {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function newKeys(): Keys {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

interface Request {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly keys: Keys;
  readonly signer: Keys;
  readonly extensions: readonly Buffer[];
  readonly hours?: number;
}

/** RFC 5280, section 4.1, in DER. */
function issue({ issuer, subject, keys, signer, extensions, hours = 48 }: Request): Buffer {
  const algorithm = sequence(oid(ecdsaWithSha256));
  const body = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    algorithm,
    issuer,
    sequence(time(-48), time(hours)),
    subject,
    keys.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  return sequence(body, algorithm, der(0x03, Buffer.of(0), sign("sha256", body, signer.privateKey)));
}

/** Object identifiers, encoded. */
const ecdsaWithSha256 = "2a8648ce3d040302";
const commonName = "550403";
const subjectAltName = "551d11";
const basicConstraints = "551d13";

/** A tag, a length (X.690, section 8.1.3) and what it is the length of. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const integer = (bytes: Buffer): Buffer => der(0x02, bytes);
const boolean = (value: boolean): Buffer => der(0x01, Buffer.of(value ? 0xff : 0));
const octets = (content: Buffer): Buffer => der(0x04, content);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));

const distinguishedName = (name: string): Buffer =>
  sequence(der(0x31, sequence(oid(commonName), der(0x0c, Buffer.from(name)))));

/** A URI or a DNS name (RFC 5280, section 4.2.1.6). */
const generalName = (name: string): Buffer => der(name.includes("://") ? 0x86 : 0x82, Buffer.from(name));

/** "20260102030405Z", so many hours from now. */
const time = (hours: number): Buffer =>
  der(
    0x18,
    Buffer.from(`${new Date(Date.now() + hours * 3_600_000).toISOString().replaceAll(/\D/g, "").slice(0, 14)}Z`),
  );

function pem(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
