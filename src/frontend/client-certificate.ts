// Certificates of clients where `tls_client_ca_certificate` is set: who must show one, and whose
// certificate stands for the password (`identity` of users.toml).

import { certificateNames, showsCertificate } from '../auth/client-identity.ts';
import { clientCertificateError } from '../auth/tls-context.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { General } from '../config/general-keys.ts';
import type { User } from '../config/topology.ts';
import type { Transport } from '../transport/transport.ts';

/** True: the certificate says who the client is. `user` null: nobody of that name, to whom the
 *  defaults apply. Throws `invalidAuthorization`. */
export function provedByCertificate(
  transport: Transport,
  name: string,
  user: User | null,
  general: General,
): boolean {
  if (general.tlsClientCaCertificate === null) return false;
  const socket = transport.tlsSocket;
  if (socket === null || !showsCertificate(socket)) {
    if (user !== null && !user.tlsClientCertificateRequired) return false;
    throw refused('connection requires a valid client certificate');
  }
  const reason = clientCertificateError(socket);
  if (reason !== null) throw refused(`client certificate is not valid: ${reason}`);
  if (user === null || user.identity === null) return false;
  if (certificateNames(socket).has(user.identity)) return true;
  throw refused(`certificate authentication failed for user "${name}"`);
}

function refused(what: string): PgError {
  return new PgError(errors.invalidAuthorization, { what });
}
