// A certificate authority for one control plane: serving certificates for 127.0.0.1 and client certificates for users.
// node:crypto makes keys and signatures but no certificates, so their DER (RFC 5280) is written here. Tests only.
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export interface KeyPair {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

/** What a certificate says of its holder. Kubernetes reads the common name as user and the organizations as groups. */
export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

const AUTHORITY: Subject = { commonName: 'nodefleet local control plane' };
const HOUR_MS = 3_600_000;
const VALID_MS = 365 * 24 * HOUR_MS;

const OID = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  organization: '55040a',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
  clientAuth: '2b06010505070302',
};

/** An elliptic-curve key: the public and the private half, PEM. */
export function newKey(): { readonly publicKey: string; readonly privateKey: string } {
  return generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

/** A new self-signed authority. */
export function newAuthority(): KeyPair {
  const { privateKey } = newKey();
  const caOnly = sequence(der(0x01, Buffer.from([0xff])));
  const certSign = der(0x03, Buffer.from([1, 0x06]));
  const extensions = [extension(OID.basicConstraints, caOnly), extension(OID.keyUsage, certSign)];
  return { key: privateKey, cert: certificate(AUTHORITY, privateKey, privateKey, extensions) };
}

/** A serving certificate for 127.0.0.1 and localhost. */
export function newServingPair(authority: KeyPair): KeyPair {
  const loopback = der(0x87, Buffer.from([127, 0, 0, 1]));
  const localhost = der(0x82, Buffer.from('localhost'));
  return issue(authority, { commonName: 'localhost' }, [
    extension(OID.subjectAltName, sequence(loopback, localhost)),
    extension(OID.extendedKeyUsage, sequence(oid(OID.serverAuth))),
  ]);
}

/** A client certificate: whoever shows it is this user. */
export function newClientPair(authority: KeyPair, subject: Subject): KeyPair {
  return issue(authority, subject, [extension(OID.extendedKeyUsage, sequence(oid(OID.clientAuth)))]);
}

function issue(authority: KeyPair, subject: Subject, extensions: readonly Buffer[]): KeyPair {
  const { privateKey } = newKey();
  return { key: privateKey, cert: certificate(subject, privateKey, authority.key, extensions) };
}

function certificate(subject: Subject, key: string, signingKey: string, extensions: readonly Buffer[]): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    distinguishedName(AUTHORITY),
    sequence(time(Date.now() - HOUR_MS), time(Date.now() + VALID_MS)),
    distinguishedName(subject),
    publicKeyInfo(createPrivateKey(key)),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, signingKey);
  const whole = sequence(body, algorithm, der(0x03, Buffer.from([0]), signature));
  const base64 = whole.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName({ commonName, organizations = [] }: Subject): Buffer {
  const attribute = (type: string, value: string): Buffer =>
    der(0x31, sequence(oid(type), der(0x0c, Buffer.from(value))));
  return sequence(
    ...organizations.map((name) => attribute(OID.organization, name)),
    attribute(OID.commonName, commonName),
  );
}

function publicKeyInfo(key: KeyObject): Buffer {
  return createPublicKey(key.export({ type: 'pkcs8', format: 'pem' })).export({ type: 'spki', format: 'der' });
}

/** A critical extension. */
function extension(type: string, value: Buffer): Buffer {
  return sequence(oid(type), der(0x01, Buffer.from([0xff])), der(0x04, value));
}

/** GeneralizedTime from 2050 on is not needed here: UTCTime. */
function time(epochMs: number): Buffer {
  const digits = new Date(epochMs).toISOString().replace(/\D/g, '');
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function integer(value: Buffer): Buffer {
  return der(0x02, value);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

/** Tag, length, value. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value]);
  const digits = value.length.toString(16);
  const length = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, value]);
}
