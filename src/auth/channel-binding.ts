// Channel binding of SCRAM-SHA-256-PLUS, type tls-server-end-point (RFC 5929 section 4): a hash of
// the certificate that the server showed, so that whoever sits in the middle with another one is
// found out. Which hash is said by the certificate's own signature, hence the reading of DER here.

import { createHash } from 'node:crypto';

/** The header of a client-first-message that binds (RFC 5802 section 7, gs2-header). */
export const bindingHeader = 'p=tls-server-end-point,,';

/** Algorithms that name their hash; MD5 and SHA-1 count as SHA-256 (RFC 5929 section 4.1). */
const hashOfSignature: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'sha256',
  '1.2.840.113549.1.1.5': 'sha256',
  '1.2.840.113549.1.1.14': 'sha224',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha256',
  '1.2.840.10045.4.3.1': 'sha224',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

/** RSASSA-PSS says its hash in its parameters (RFC 4055 section 3.1). */
const rsaPss = '1.2.840.113549.1.1.10';
const hashOfDigest: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha256',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

const tagOid = 0x06;
const tagSequence = 0x30;
const tagExplicit0 = 0xa0;

/** The data to bind to for a certificate in DER, or null where its signature names no hash
 *  (Ed25519): then there is no binding, as in libpq and in the server. */
export function endPointHash(certificate: Buffer): Buffer | null {
  const hash = hashName(certificate);
  return hash === null ? null : createHash(hash).update(certificate).digest();
}

function hashName(certificate: Buffer): string | null {
  const [outer] = elements(certificate);
  // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature } (RFC 5280, 4.1)
  const algorithm = outer?.tag === tagSequence ? elements(outer.body)[1] : undefined;
  if (algorithm?.tag !== tagSequence) return null;
  const [oid, parameters] = elements(algorithm.body);
  if (oid?.tag !== tagOid) return null;
  const name = oidText(oid.body);
  if (name === rsaPss) return parameters === undefined ? null : pssHash(parameters.body);
  return hashOfSignature[name] ?? null;
}

function pssHash(parameters: Buffer): string | null {
  const explicit = elements(parameters).find(one => one.tag === tagExplicit0);
  // SHA-1 is the default, which counts as SHA-256.
  if (explicit === undefined) return 'sha256';
  const [algorithm] = elements(explicit.body);
  const [oid] = algorithm === undefined ? [] : elements(algorithm.body);
  return oid?.tag === tagOid ? (hashOfDigest[oidText(oid.body)] ?? null) : null;
}

interface Element {
  readonly tag: number;
  readonly body: Buffer;
}

/** The elements one after the other in `der` (X.690 section 8.1); none behind a malformed one. */
function elements(der: Buffer): Element[] {
  const found: Element[] = [];
  let pos = 0;
  while (pos + 2 <= der.length) {
    const tag = der[pos]!;
    let length = der[pos + 1]!;
    pos += 2;
    if (length >= 0x80) {
      const bytes = length & 0x7f;
      if (bytes === 0 || bytes > 4 || pos + bytes > der.length) break;
      length = der.readUIntBE(pos, bytes);
      pos += bytes;
    }
    if (pos + length > der.length) break;
    found.push({ tag, body: der.subarray(pos, pos + length) });
    pos += length;
  }
  return found;
}

function oidText(body: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of body) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - 40 * root, ...rest].join('.');
}
