// ParameterStatus for what statements of PgPack's own changed: the client hears of its settings
// what one server would have told it, once, and only where the value is another (guc.c,
// ReportChangedGUCOptions).

import type { ServerConnection } from '../backend/server-connection.ts';
import { parameterStatus } from '../protocol/backend-messages.ts';
import type { SessionContext } from './session-context.ts';

/** What a server reports at one moment. */
export type ReportedParameters = ReadonlyMap<string, string>;

export function reportedBy(server: ServerConnection): ReportedParameters {
  return new Map(server.parameters);
}

/** Tells the client what is not as it was. */
export function reportChanges(
  session: SessionContext,
  before: ReportedParameters,
  server: ServerConnection,
): void {
  const changes = [...server.parameters].filter(([name, value]) => before.get(name) !== value);
  if (changes.length === 0) return;
  const messages = changes.map(([name, value]) => parameterStatus(name, value));
  session.client.write(Buffer.concat(messages));
}
