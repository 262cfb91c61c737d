// TLS as the configuration has it, towards clients and towards servers; reads the files it names.

import { clientSideTlsOptions, serverSideTlsContext } from '../auth/tls-context.ts';
import type { ServerTls } from '../backend/server-address.ts';
import type { Config } from '../config/config.ts';

/** Throws when a TLS file that the configuration names cannot be used. */
export function checkTlsFiles(config: Config): void {
  clientTls(config);
  serverTls(config);
}

export type ClientTls = ReturnType<typeof clientSideTlsOptions>;

/** null: TLS is not offered. Throws as `checkTlsFiles`. */
export function clientTls({ general }: Config): ClientTls | null {
  const { tlsCertificate, tlsPrivateKey, tlsClientCaCertificate } = general;
  if (tlsCertificate === null || tlsPrivateKey === null) return null;
  return clientSideTlsOptions({
    certificate: tlsCertificate,
    privateKey: tlsPrivateKey,
    clientCa: tlsClientCaCertificate,
    clientCertificateRequired: false,
  });
}

/** null: servers are not asked for it. Throws as `checkTlsFiles`. */
export function serverTls({ general }: Config): ServerTls | null {
  const context = serverSideTlsContext({
    verify: general.tlsVerify,
    ca: general.tlsServerCaCertificate,
    certificate: general.tlsServerCertificate,
    privateKey: general.tlsServerPrivateKey,
    negotiation: general.tlsServerNegotiation,
  });
  if (!context.enabled) return null;
  const { required, direct } = context;
  return { required, direct, options: host => context.optionsFor(host) };
}
