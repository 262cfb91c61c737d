// TLS settings for both sides from what the configuration says, as options of node:tls. Files are
// read and checked here, so that a wrong path or key is an error of the configuration at start or
// reload, not of the first connection.

import { constants, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
  type TLSSocketOptions,
} from 'node:tls';

/** Message: which setting, which file, why. */
export class TlsConfigurationError extends Error {
  override readonly name = 'TlsConfigurationError';
}

/** RFC 8996 retired the versions before; also PostgreSQL's ssl_min_protocol_version. */
const minVersion = 'TLSv1.2';
/** PostgreSQL 17's name of its protocol for direct TLS negotiation (RFC 7301). */
const alpnProtocols = ['postgresql'];

export interface ClientSideTls {
  /** Paths of PEM files. */
  readonly certificate: string;
  readonly privateKey: string;
  /** CA for certificates of clients; null: none is asked for. */
  readonly clientCa: string | null;
  /** With a CA: a client without a valid certificate is refused in the handshake. */
  readonly clientCertificateRequired: boolean;
}

export type TlsVerify = 'disabled' | 'prefer' | 'verify_ca' | 'verify_full';

export interface ServerSideTls {
  readonly verify: TlsVerify;
  /** Path of a PEM bundle; null: the roots that come with the runtime. */
  readonly ca: string | null;
  /** Our certificate for servers that ask for one; both or none. */
  readonly certificate: string | null;
  readonly privateKey: string | null;
  /** As libpq's sslnegotiation. `direct` needs PostgreSQL 17 and never goes on without TLS. */
  readonly negotiation: 'postgres' | 'direct';
}

/** Options of `new TLSSocket(socket, …)` towards clients. */
export function clientSideTlsOptions(settings: ClientSideTls): TLSSocketOptions {
  const { clientCa } = settings;
  const secureContext = contextOf({
    cert: ['tls_certificate', settings.certificate],
    key: ['tls_private_key', settings.privateKey],
    ca: clientCa === null ? null : ['tls_client_ca_certificate', clientCa],
    // As be_tls_init in src/backend/libpq/be-secure-openssl.c: no session is resumed, so that every
    // connection shows its certificate. The context keeps clients that ask for it from failing.
    more: {
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
      sessionIdContext: 'pgpack',
    },
  });
  return {
    isServer: true,
    secureContext,
    ALPNProtocols: alpnProtocols,
    requestCert: clientCa !== null,
    rejectUnauthorized: clientCa !== null && settings.clientCertificateRequired,
  };
}

/**
 * Why the certificate of a client is not to be trusted (`UNABLE_TO_GET_ISSUER_CERT_LOCALLY`, …),
 * or null: it is, or none was asked for or presented. To be asked after the handshake, before
 * anything that the client sent is believed: only `tls.Server` checks by itself, a TLSSocket on
 * an accepted connection takes any certificate.
 */
export function clientCertificateError(socket: TLSSocket): string | null {
  if (!(socket.getPeerX509Certificate() instanceof X509Certificate)) return null;
  const handle = (socket as unknown as { readonly ssl: VerifyingHandle }).ssl;
  const error = handle.verifyError();
  return error === null || error === undefined ? null : (error.code ?? error.message);
}

/** The part of node:tls's handle that says what OpenSSL found; `tls.Server` uses the same. */
interface VerifyingHandle {
  verifyError(): NodeJS.ErrnoException | null | undefined;
}

/** What `tls.connect` needs besides the socket, towards PostgreSQL servers. */
export interface ServerSideTlsContext {
  /** False: TLS is not asked for. */
  readonly enabled: boolean;
  /** The handshake begins at once, without SSLRequest. */
  readonly direct: boolean;
  /** True: a server that refuses TLS is an error; false: the connection goes on without. */
  readonly required: boolean;
  optionsFor(host: string): ConnectionOptions;
}

export function serverSideTlsContext(settings: ServerSideTls): ServerSideTlsContext {
  const { verify, ca, certificate, privateKey, negotiation } = settings;
  if ((certificate === null) !== (privateKey === null)) {
    throw new TlsConfigurationError(
      'tls_server_certificate and tls_server_private_key must be set together',
    );
  }
  const verified = verify === 'verify_ca' || verify === 'verify_full';
  const secureContext = contextOf({
    cert: certificate === null ? null : ['tls_server_certificate', certificate],
    key: privateKey === null ? null : ['tls_server_private_key', privateKey],
    ca: ca === null ? null : ['tls_server_ca_certificate', ca],
    more: {},
  });
  return {
    enabled: verify !== 'disabled',
    direct: negotiation === 'direct',
    required: verified,
    optionsFor: host => ({
      host,
      secureContext,
      ALPNProtocols: alpnProtocols,
      rejectUnauthorized: verified,
      // RFC 6066 section 3: no literal addresses in a server name.
      ...(isIP(host) === 0 && { servername: host }),
      checkServerIdentity: (_: string, peer: PeerCertificate) =>
        verify === 'verify_full' ? checkServerIdentity(host, peer) : undefined,
    }),
  };
}

/** The configuration's key and the path it holds. */
type FileSetting = readonly [setting: string, path: string];

interface ContextFiles {
  readonly cert: FileSetting | null;
  readonly key: FileSetting | null;
  readonly ca: FileSetting | null;
  /** What is not from files. */
  readonly more: SecureContextOptions;
}

function contextOf(files: ContextFiles): SecureContext {
  const options: SecureContextOptions = { minVersion, ...files.more };
  const used: FileSetting[] = [];
  // One after the other, so that an error names its file.
  for (const part of ['cert', 'key', 'ca'] as const) {
    const file = files[part];
    if (file === null) continue;
    used.push(file);
    options[part] = readPem(file);
    // A certificate and its key are only checked against each other when both are there.
    const alone = part === 'cert' ? { cert: options.cert } : { [part]: options[part] };
    check(alone as SecureContextOptions, [file]);
  }
  return check(options, used);
}

function check(options: SecureContextOptions, files: readonly FileSetting[]): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    const names = files.map(([setting, path]) => `${setting} "${path}"`).join(' and ');
    throw new TlsConfigurationError(`${names}: ${reasonOf(error)}`, { cause: error });
  }
}

function readPem([setting, path]: FileSetting): Buffer {
  let text: Buffer;
  try {
    text = readFileSync(path);
  } catch (error) {
    throw new TlsConfigurationError(`${setting} "${path}": ${reasonOf(error)}`, { cause: error });
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new TlsConfigurationError(`${setting} "${path}": not a PEM file`);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH')
    return 'the key does not belong to the certificate';
  return message.replace(/^error:[0-9A-F]+:/, '');
}
