// Every error PgPack itself can raise, in one table: docs/errors.md is generated from it.
// SQLSTATEs are PostgreSQL's (src/backend/utils/errcodes.txt).

export type Severity = 'ERROR' | 'FATAL';

/** Who has to act: the statement's author, nobody (not supported), whoever sets limits, the operator, us. */
export type ErrorClass = 'user' | 'unsupported' | 'limit' | 'operations' | 'bug';

export interface ErrorEntry {
  readonly id: string;
  readonly sqlstate: string;
  readonly severity: Severity;
  readonly class: ErrorClass;
  /** `{name}` places are filled by the arguments of `PgError`. */
  readonly message: string;
  readonly hint?: string;
}

type Row = readonly [
  sqlstate: string,
  severity: Severity,
  errorClass: ErrorClass,
  message: string,
  hint?: string,
];

const rows = {
  // Refusals: right or refused.
  unsupportedAcrossShards: [
    '0A000',
    'ERROR',
    'unsupported',
    '{construct} is not supported across shards',
    'Confine the statement to one shard with an equality on the sharding key.',
  ],
  unsupportedFatal: ['0A000', 'FATAL', 'unsupported', '{construct} is not supported'],
  unsupported: ['0A000', 'ERROR', 'unsupported', '{construct} is not supported'],
  sequenceState: [
    '0A000',
    'ERROR',
    'unsupported',
    '{construct} is not supported outside a transaction block in transaction pooling mode',
    'Call it in the transaction that called nextval(), use RETURNING, or pooler_mode = "session".',
  ],
  crossShardDisabled: [
    '58000',
    'ERROR',
    'unsupported',
    'cross-shard queries are disabled',
    'Confine the statement to one shard with an equality on the sharding key.',
  ],
  tenantMissing: [
    '58000',
    'ERROR',
    'user',
    'table "{table}" is not confined to a tenant',
    'Compare column "{column}" with a constant or a parameter in WHERE ([multi_tenant]).',
  ],
  lookupFailed: ['58000', 'ERROR', 'operations', 'sharding key lookup failed: {why}'],
  noPartition: ['23514', 'ERROR', 'user', 'no partition of relation "{table}" found for row'],
  shardMissing: [
    '22023',
    'ERROR',
    'user',
    'shard {shard} does not exist: shards are numbered 0 to {last}',
  ],
  directiveInvalid: ['22023', 'ERROR', 'user', 'invalid value for {name}: "{value}"'],
  directivesDisagree: [
    '22023',
    'ERROR',
    'user',
    'comments of one statement send it to different shards',
  ],
  directiveUnmapped: [
    '23514',
    'ERROR',
    'user',
    'sharding key "{value}" names no shard',
    'No list, range or default of the mapping has it.',
  ],
  keyIsInvalid: ['22P02', 'ERROR', 'user', 'invalid input syntax for type {type}: "{value}"'],
  keyOutOfRange: ['22003', 'ERROR', 'user', 'value "{value}" is out of range for type {type}'],
  vectorDimensions: ['22000', 'ERROR', 'user', 'expected {expected} dimensions, not {found}'],
  keyFormUnproven: [
    '0A000',
    'ERROR',
    'unsupported',
    'placing a row by the {type} value "{value}" is not supported: it is in a form {form}',
    'Write the value as PostgreSQL prints it with default settings, or send it in binary format.',
  ],
  invalidBinaryRepresentation: ['22P03', 'ERROR', 'user', '{what}'],
  badCopyFormat: ['22P04', 'ERROR', 'user', '{what}'],
  characterUntranslatable: ['22P05', 'ERROR', 'user', '{what}'],

  // Values and row counts, as PostgreSQL itself refuses them.
  bigintOutOfRange: ['22003', 'ERROR', 'user', 'bigint out of range'],
  floatOverflow: ['22003', 'ERROR', 'user', 'value out of range: overflow'],
  intervalOutOfRange: ['22008', 'ERROR', 'user', 'interval out of range'],
  limitNegative: ['2201W', 'ERROR', 'user', 'LIMIT must not be negative'],
  numericOverflow: ['22003', 'ERROR', 'user', 'value overflows numeric format'],
  offsetNegative: ['2201X', 'ERROR', 'user', 'OFFSET must not be negative'],
  subqueryRows: [
    '21000',
    'ERROR',
    'user',
    'more than one row returned by a subquery used as an expression',
  ],

  // Protocol and session.
  protocolViolation: ['08P01', 'FATAL', 'user', '{what}'],
  unsupportedProtocol: [
    '0A000',
    'FATAL',
    'unsupported',
    'unsupported frontend protocol {version}: server supports 3.0 to 3.2',
  ],
  messageTooLarge: [
    '54000',
    'FATAL',
    'limit',
    'message of {bytes} bytes is over the limit of {limit}',
  ],
  syntaxErrorFatal: ['42601', 'FATAL', 'user', '{what}'],
  syntaxError: ['42601', 'ERROR', 'user', '{what}'],
  statementTooComplex: [
    '54001',
    'ERROR',
    'limit',
    'stack depth limit exceeded',
    'The statement is nested too deeply for PgPack to parse it.',
  ],
  preparedStatementMissing: [
    '26000',
    'ERROR',
    'user',
    'prepared statement "{name}" does not exist',
  ],
  wrongParameterCount: [
    '08P01',
    'ERROR',
    'user',
    'bind message supplies {supplied} parameters, but prepared statement "{name}" requires {required}',
  ],
  wrongParameterFormats: [
    '08P01',
    'ERROR',
    'user',
    'bind message has {formats} parameter formats but {supplied} parameters',
  ],
  wrongResultFormats: [
    '08P01',
    'ERROR',
    'user',
    'bind message has {formats} result formats but query has {columns} columns',
  ],
  unsupportedFormat: ['22023', 'ERROR', 'user', 'unsupported format code: {code}'],
  preparedStatementExists: ['42P05', 'ERROR', 'user', 'prepared statement "{name}" already exists'],
  unnamedStatementMissing: ['26000', 'ERROR', 'user', 'unnamed prepared statement does not exist'],
  portalMissing: ['34000', 'ERROR', 'user', 'portal "{name}" does not exist'],
  cachedPlanChanged: ['0A000', 'ERROR', 'user', 'cached plan must not change result type'],
  cursorMissing: ['34000', 'ERROR', 'user', 'cursor "{name}" does not exist'],
  cursorForwardOnly: [
    '55000',
    'ERROR',
    'user',
    'cursor can only scan forward',
    'Declare it with SCROLL option to enable backward scan.',
  ],
  portalEnded: ['55000', 'ERROR', 'user', 'portal "{name}" cannot be run'],
  functionMissing: ['42883', 'ERROR', 'user', 'function with OID {oid} does not exist'],
  portalExists: ['42P03', 'ERROR', 'user', 'cursor "{name}" already exists'],
  inFailedTransaction: [
    '25P02',
    'ERROR',
    'user',
    'current transaction is aborted, commands ignored until end of transaction block',
  ],
  savepointMissing: ['3B001', 'ERROR', 'user', 'savepoint "{name}" does not exist'],
  noActiveTransaction: [
    '25P01',
    'ERROR',
    'user',
    '{command} can only be used in transaction blocks',
  ],
  blockInStatementMode: [
    '0A000',
    'ERROR',
    'unsupported',
    'transaction blocks are not allowed in statement pooling mode',
    'pooler_mode of the database or user has to be transaction or session.',
  ],
  multipleCommands: [
    '42601',
    'ERROR',
    'user',
    'cannot insert multiple commands into a prepared statement',
  ],

  // The admin database.
  undefinedColumn: ['42703', 'ERROR', 'user', 'column "{name}" does not exist'],
  unknownClient: ['42704', 'ERROR', 'user', 'there is no client {id}'],
  unknownObject: ['42704', 'ERROR', 'user', '{what}'],

  copyFailed: ['57014', 'ERROR', 'user', '{what}'],

  // Authentication.
  invalidPassword: ['28P01', 'FATAL', 'user', 'password authentication failed for user "{user}"'],
  emptyPassword: ['28P01', 'FATAL', 'user', 'empty password returned by client'],
  invalidAuthorization: ['28000', 'FATAL', 'user', '{what}'],
  authenticationUnsupported: ['0A000', 'FATAL', 'unsupported', '{what}'],
  authenticationUnavailable: [
    '08006',
    'FATAL',
    'operations',
    'cannot check the password of user "{user}" now',
    'The log of PgPack says why.',
  ],
  roleMissing: ['28000', 'FATAL', 'user', 'role "{user}" does not exist'],
  databaseDenied: ['42501', 'FATAL', 'user', 'permission denied for database "{database}"'],
  databaseMissing: ['3D000', 'FATAL', 'user', 'database "{database}" does not exist'],
  invalidParameter: ['22023', 'FATAL', 'user', '{what}'],
  tlsRequired: ['28000', 'FATAL', 'user', 'connection requires TLS'],
  loginTimeout: ['57014', 'FATAL', 'limit', 'canceling authentication due to timeout'],

  // Limits.
  tooManyClients: ['53300', 'FATAL', 'limit', 'sorry, too many clients already'],
  tooManyUserClients: ['53300', 'FATAL', 'limit', 'too many connections for role "{user}"'],
  tooManyDatabaseClients: [
    '53300',
    'FATAL',
    'limit',
    'too many connections for database "{database}"',
  ],
  checkoutTimeout: [
    '53300',
    'ERROR',
    'limit',
    'no server connection to shard {shard} became free within {ms} ms (checkout_timeout)',
    'Raise the pool size, shorten transactions, or raise checkout_timeout.',
  ],
  tooManyChannels: [
    '53400',
    'ERROR',
    'limit',
    'a client may listen to no more than {limit} channels (listen_channels_limit)',
  ],
  tooManyNotifications: [
    '53400',
    'FATAL',
    'limit',
    'more than {limit} notifications wait for this client (pub_sub_channel_size)',
    'Read them faster, or end transactions sooner.',
  ],
  queryTooLarge: [
    '54000',
    'FATAL',
    'limit',
    'query of {bytes} bytes is over query_size_limit {limit}',
  ],
  memoryLimit: ['53400', 'ERROR', 'limit', '{what} exceeds its limit of {limit}'],
  collectLimit: [
    '53400',
    'ERROR',
    'limit',
    'rows of more than {limit} bytes would move between shards for one statement (collect_limit)',
    'Filter more, or join and group by the sharding key.',
  ],
  idleTimeout: ['57P05', 'FATAL', 'limit', 'terminating connection due to idle-session timeout'],
  idleInTransactionTimeout: [
    '25P03',
    'FATAL',
    'limit',
    'terminating connection due to idle-in-transaction timeout',
  ],
  transactionTimeout: [
    '25P04',
    'FATAL',
    'limit',
    'terminating connection due to transaction timeout',
  ],
  clientWriteTimeout: [
    '08006',
    'FATAL',
    'limit',
    'connection to client lost: it took nothing for {ms} ms (client_write_timeout)',
  ],
  queryTimeout: ['57014', 'ERROR', 'limit', 'canceling statement due to statement timeout'],

  // Operations.
  shuttingDown: ['57P01', 'FATAL', 'operations', 'PgPack is shutting down'],
  terminated: [
    '57P01',
    'FATAL',
    'operations',
    'terminating connection due to administrator command',
  ],
  databaseDisabled: [
    '55000',
    'FATAL',
    'operations',
    'database "{database}" is not currently accepting connections',
  ],
  configFileError: ['F0000', 'ERROR', 'operations', 'configuration not reloaded: {reason}'],
  serverUnavailable: [
    '08006',
    'ERROR',
    'operations',
    'cannot connect to shard {shard} at {address}: {reason}',
  ],
  serverLost: [
    '08006',
    'ERROR',
    'operations',
    'connection to shard {shard} at {address} was lost: {reason}',
  ],
  notificationsLost: [
    '57P01',
    'FATAL',
    'operations',
    'notifications may have been lost: the connection that receives them has ended ({reason})',
    'Connect and LISTEN again, then look for what happened meanwhile.',
  ],
  serverAuthFailed: [
    '08006',
    'ERROR',
    'operations',
    'shard {shard} at {address} refused the login of "{user}": {reason}',
  ],
  serverProtocol: [
    '08P01',
    'ERROR',
    'operations',
    'unexpected message from shard {shard} at {address}: {what}',
  ],
  queryCanceled: ['57014', 'ERROR', 'user', 'canceling statement due to user request'],
  shardsDisagree: [
    '55000',
    'ERROR',
    'operations',
    'shards disagree on {what}',
    'Bring the schemas of all shards to the same state.',
  ],
  copiesDiffer: [
    '40001',
    'ERROR',
    'operations',
    'not every shard has the same rows of an omnisharded table',
    'A change of them may be on its way: try again.',
  ],
  deadlockDetected: ['40P01', 'ERROR', 'user', 'deadlock detected'],
  partialCommit: [
    '40003',
    'ERROR',
    'operations',
    'the transaction committed on shards {committed} and failed on shards {failed}',
  ],
  internal: ['XX000', 'ERROR', 'bug', 'internal error: {what}'],
} as const satisfies Record<string, Row>;

export type ErrorId = keyof typeof rows;

/** All entries by id; the id is the name used in documentation, logs and metrics. */
export const errors: { readonly [id in ErrorId]: ErrorEntry } = Object.fromEntries(
  Object.entries(rows as Record<string, Row>).map(([id, row]) => [id, toEntry(id, row)]),
) as { [id in ErrorId]: ErrorEntry };

function toEntry(id: string, [sqlstate, severity, errorClass, message, hint]: Row): ErrorEntry {
  return { id, sqlstate, severity, class: errorClass, message, ...(hint && { hint }) };
}
