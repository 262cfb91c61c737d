// The schemas that a SET of search_path names, as PostgreSQL will search them (namespace.c,
// recomputeNamespacePath): in order, `"$user"` being the user's own schema.

import { settingOf } from './setting.ts';

/** Schemas that `sql`, a SET statement, makes the search path; null when it is none. */
export function searchPathOf(sql: string, user: string): readonly string[] | null {
  const setting = settingOf(sql);
  if (setting === null) return null;
  return setting.values.filter(name => name !== '').map(name => (name === '$user' ? user : name));
}
