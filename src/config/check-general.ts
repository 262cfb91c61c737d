// What one key of [general] says about another: pairs of TLS files, sizes and times that
// contradict each other, in [general] and in the overrides of databases and users.

import { accessSync, constants } from 'node:fs';
import type { DatabaseEntry, UserEntry } from './database-keys.ts';
import type { General } from './general-keys.ts';
import type { Report } from './report.ts';
import type { Entry } from './section-reader.ts';

export function checkGeneral(entry: Entry<General>, report: Report): void {
  const { values: general, at, failed } = entry;
  const pairs = [
    [
      ['tls_certificate', general.tlsCertificate],
      ['tls_private_key', general.tlsPrivateKey],
    ],
    [
      ['tls_server_certificate', general.tlsServerCertificate],
      ['tls_server_private_key', general.tlsServerPrivateKey],
    ],
  ] as const;
  for (const [certificate, key] of pairs) {
    if (!failed.has(certificate[0]) && !failed.has(key[0])) {
      checkPair(at, certificate, key, report);
    }
  }
  checkFile(at, 'tls_client_ca_certificate', general.tlsClientCaCertificate, report);
  checkFile(at, 'tls_server_ca_certificate', general.tlsServerCaCertificate, report);
  const needsTls = [
    ['tls_client_required', general.tlsClientRequired],
    ['tls_client_ca_certificate', general.tlsClientCaCertificate !== null],
  ] as const;
  const hasTls =
    general.tlsCertificate !== null ||
    general.tlsPrivateKey !== null ||
    failed.has('tls_certificate') ||
    failed.has('tls_private_key');
  for (const [name, set] of needsTls) {
    if (set && !hasTls) {
      const fix = 'add tls_certificate and tls_private_key';
      report.error(at(name), 'clients cannot use TLS without a certificate', fix);
    }
  }
  checkAuthQuery(at, general.authQuery, report);
  checkPattern(at, ['shard_id_regex', general.shardIdRegex], report);
  checkPattern(at, ['sharding_key_regex', general.shardingKeyRegex], report);
  if (general.tlsServerNegotiation === 'direct' && general.tlsVerify === 'disabled') {
    const message = 'servers are not reached over TLS with tls_verify = "disabled"';
    report.error(at('tls_server_negotiation'), message, 'remove one of them');
  }
  checkSizes(entry, report);
}

/** PgCat puts the name into the text; here it is a parameter, which has no quotes. */
function checkAuthQuery(at: Entry<unknown>['at'], query: string | null, report: Report): void {
  if (query === null || (/\$1(?!\d)/.test(query) && !/'\$1'/.test(query))) return;
  const fix = 'write $1, without quotes, where the name of the user belongs';
  report.error(at('auth_query'), 'the name of the user is its parameter $1', fix);
}

/** A regular expression of JavaScript with the value in group 1. */
function checkPattern(at: Entry<unknown>['at'], [key, text]: Named<string | null>, report: Report) {
  if (text === null) return;
  try {
    // One more alternative, the empty text, tells how many groups there are.
    if (new RegExp(`${text}|`).exec('')!.length > 1) return;
    report.error(at(key), 'the expression has no group', 'put ( ) around what the value is');
  } catch (error) {
    const fix = 'write it as JavaScript has it';
    report.error(at(key), `the expression cannot be read: ${(error as Error).message}`, fix);
  }
}

function checkSizes({ values: general, at, failed }: Entry<General>, report: Report): void {
  const { minPoolSize, defaultPoolSize, serverLifetimeJitterMs, serverLifetimeMs } = general;
  const pairs = [
    [
      ['min_pool_size', minPoolSize],
      ['default_pool_size', defaultPoolSize],
    ],
    [
      ['server_lifetime_jitter', serverLifetimeJitterMs],
      ['server_lifetime', serverLifetimeMs],
    ],
  ] as const;
  for (const [small, large] of pairs) {
    if (!failed.has(small[0]) && !failed.has(large[0])) checkNotAbove(at, small, large, report);
  }
}

/** Overrides that contradict each other within one entry. */
export function checkOverrides(entry: Entry<DatabaseEntry | UserEntry>, report: Report): void {
  const { values, at } = entry;
  if ('authQuery' in values) checkAuthQuery(at, values.authQuery, report);
  const pairs = [
    [
      ['min_pool_size', values.minPoolSize],
      ['pool_size', values.poolSize],
    ],
    [
      ['min_pool_size_primary', values.minPoolSizePrimary],
      ['pool_size_primary', values.poolSizePrimary],
    ],
    [
      ['min_pool_size_replica', values.minPoolSizeReplica],
      ['pool_size_replica', values.poolSizeReplica],
    ],
    [
      ['server_lifetime_jitter', values.serverLifetimeJitterMs],
      ['server_lifetime', values.serverLifetimeMs],
    ],
  ] as const;
  for (const [small, large] of pairs) checkNotAbove(at, small, large, report);
}

type Named<T> = readonly [name: string, value: T];

function checkNotAbove(
  at: Entry<unknown>['at'],
  [smallName, small]: Named<number | null>,
  [largeName, large]: Named<number | null>,
  report: Report,
): void {
  if (small === null || large === null || small <= large) return;
  const message = `${small} is more than ${largeName}, which is ${large}`;
  report.error(at(smallName), message, `write ${large} or less, or raise ${largeName}`);
}

/** A certificate and its key: both or none, and both readable. */
function checkPair(
  at: Entry<unknown>['at'],
  certificate: Named<string | null>,
  key: Named<string | null>,
  report: Report,
): void {
  for (const [[name, file], [other, otherFile]] of [
    [certificate, key],
    [key, certificate],
  ] as const) {
    if (file !== null && otherFile === null) {
      report.error(at(name), `${name} needs ${other}`, `add ${other} = "…"`);
    }
    checkFile(at, name, file, report);
  }
}

function checkFile(
  at: Entry<unknown>['at'],
  name: string,
  file: string | null,
  report: Report,
): void {
  if (file === null) return;
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const message = missing ? `file ${file} does not exist` : `file ${file} cannot be read`;
    report.error(at(name), message, 'give a path that exists, absolute or from where PgPack runs');
  }
}
