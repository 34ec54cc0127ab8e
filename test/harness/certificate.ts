// Self-made X.509 certificates for TLS tests, without the openssl program.
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export interface Certificate {
  readonly name: string;
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

export interface CertificateOptions {
  readonly name: string;
  /** Names in the subjectAltName extension. */
  readonly dnsNames?: readonly string[];
  /** Signs itself, and may sign others, when left out. */
  readonly issuer?: Certificate;
}

const VALID_FROM = "20200101000000Z";
const VALID_TO = "20991231235959Z";

const ECDSA_WITH_SHA256 = "2a8648ce3d040302";
const COMMON_NAME = "550403";
const BASIC_CONSTRAINTS = "551d13";
const SUBJECT_ALT_NAME = "551d11";

let serial = 0;

export function makeCertificate({ name, dnsNames = [], issuer }: CertificateOptions): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(0x30, oid(ECDSA_WITH_SHA256));
  const extensions = [
    extension(BASIC_CONSTRAINTS, der(0x30, ...(issuer === undefined ? [der(0x01, Buffer.from([0xff]))] : []))),
    ...(dnsNames.length === 0
      ? []
      : [extension(SUBJECT_ALT_NAME, der(0x30, ...dnsNames.map((dns) => der(0x82, Buffer.from(dns)))))]),
  ];
  const toBeSigned = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([(serial += 1)])),
    algorithm,
    distinguishedName(issuer?.name ?? name),
    der(0x30, der(0x18, Buffer.from(VALID_FROM)), der(0x18, Buffer.from(VALID_TO))),
    distinguishedName(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(0x30, ...extensions)),
  );
  const signer: KeyObject = issuer === undefined ? privateKey : createPrivateKey(issuer.key);
  const signature = der(0x03, Buffer.from([0]), sign("sha256", toBeSigned, signer));
  const body = der(0x30, toBeSigned, algorithm, signature).toString("base64");
  return {
    name,
    cert: `-----BEGIN CERTIFICATE-----\n${body.replaceAll(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function distinguishedName(name: string): Buffer {
  return der(0x30, der(0x31, der(0x30, oid(COMMON_NAME), der(0x0c, Buffer.from(name)))));
}

function extension(id: string, value: Buffer): Buffer {
  return der(0x30, oid(id), der(0x04, value));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

/** Tag, length, contents. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}
