// The names that a client's certificate bears, for `identity` of users.toml (clientcert of
// src/backend/libpq/auth.c): the common name of its subject and the DNS names of the extension
// subjectAltName. They count only if the certificate was verified; see `clientCertificateError`.

import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

/** Empty: the client showed no certificate, or one that names nobody. */
export function certificateNames(socket: TLSSocket): ReadonlySet<string> {
  const certificate = socket.getPeerX509Certificate();
  if (!(certificate instanceof X509Certificate)) return new Set();
  return new Set([...commonNames(certificate), ...dnsNames(certificate.subjectAltName ?? '')]);
}

export function showsCertificate(socket: TLSSocket): boolean {
  return socket.getPeerX509Certificate() instanceof X509Certificate;
}

function commonNames(certificate: X509Certificate): readonly string[] {
  const { CN } = certificate.toLegacyObject().subject as { CN?: string | string[] };
  if (CN === undefined) return [];
  return typeof CN === 'string' ? [CN] : CN;
}

/** `DNS:a.example, email:x, DNS:"b, DNS:c"`: node writes what could be misread as a JSON string
 *  (CVE-2021-44532). */
function dnsNames(text: string): string[] {
  const names: string[] = [];
  for (const [, kind, value] of text.matchAll(/([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)) {
    if (kind !== 'DNS') continue;
    names.push(value!.startsWith('"') ? (JSON.parse(value!) as string) : value!);
  }
  return names;
}
