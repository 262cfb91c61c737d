// Schema sharding: a statement whose tables lie in schemas of one shard goes there as it was
// written. Schemas of different shards do not meet in one statement, and what all shards share is
// not changed from one of them.

import { fixedGroup } from '../plan/route.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import type { SchemaPlaces } from '../sharding/schema-places.ts';
import type { RangeVar, SyntaxNode } from '../sql/syntax-tree.ts';
import { walk } from '../sql/syntax-tree.ts';
import { onOneShard, tablesOf } from './plan-directed.ts';
import { type PlanInput, refuse, refuseWide } from './plan-input.ts';
import { isQuery, queryFacts } from './plan-query.ts';
import { type TouchedSchemas, touchedSchemas } from './schema-names.ts';

const why = 'sharded schema';
const hint = 'Statements reach the schemas of one shard at a time.';

/** The plan by the schemas of `input.schemas`; `usual` where they have no say. */
export function planBySchema(
  input: PlanInput,
  usual: StatementPlan,
  planPlainly: (input: PlanInput) => StatementPlan,
): StatementPlan {
  const { schemas: places } = input;
  if (!places || input.shardCount === 1 || usual.effect !== null) return usual;
  const touched = touchedSchemas(input, withNamesOf(input));
  const shards = new Set<number>();
  for (const schema of touched.schemas) {
    const shard = places.shardOf(schema);
    if (shard !== null) shards.add(shard);
  }
  if (touched.unclear.length > 0 && pathDiffers(input, places)) {
    const construct = `"${touched.unclear[0]}" without its schema`;
    return { ...usual, wide: refuse(construct, 'Schemas of the search path lie on other shards.') };
  }
  const [shard] = shards;
  if (shard === undefined) return usual;
  if (shards.size > 1) {
    const names = [...touched.schemas].filter(name => places.shardOf(name) !== null);
    const construct = `schemas ${names.map(name => `"${name}"`).join(' and ')} of different shards`;
    return { ...usual, wide: refuse(`a statement on ${construct}`, hint) };
  }
  const beside = sharedBeside(input, touched, places);
  if (beside !== null) return { ...usual, wide: refuse(beside, hint) };
  const keyed = tablesOf(input).some(
    table => places.shardOf(table.schema) === null && input.scheme.keyOf(table) !== null,
  );
  if (!keyed) return onOneShard(input, shard, why, planPlainly);
  const group = fixedGroup(why, shard);
  const groups = [...usual.route.groups, group];
  const refused = usual.wide.kind === 'refusal' && usual.wide.always;
  const wide = refused ? usual.wide : refuseWide('a sharded schema beside tables of other shards');
  return { ...usual, route: { groups }, groupless: 'any', wide };
}

/** Which unqualified names mean a WITH query. */
function withNamesOf(input: PlanInput): (relation: RangeVar) => boolean {
  if (!isQuery(input.stmt)) return () => false;
  const facts = queryFacts(input);
  if (facts.unknown === null) {
    const ctes = new Set(
      facts.relations.filter(({ source }) => source === 'cte').map(({ location }) => location),
    );
    return ({ location = 0 }) => ctes.has(location);
  }
  // MERGE: what could be either is taken for a table where there is one.
  const names = new Set<string>();
  walk(input.stmt, value => {
    const { ctename } = (value as SyntaxNode).CommonTableExpr ?? {};
    if (ctename !== undefined) names.add(ctename);
    return true;
  });
  const { tables } = input.catalog;
  const exists = (name: string) => [...tables.values()].some(table => table.name === name);
  return ({ relname = '', schemaname }) =>
    schemaname === undefined && names.has(relname) && !exists(relname);
}

/** Schemas that are searched lie in different places. */
function pathDiffers({ searchPath }: PlanInput, places: SchemaPlaces): boolean {
  const found = new Set(searchPath.filter(name => places.exists(name)).map(n => places.placeOf(n)));
  return found.size > 1;
}

/** What would be changed on one shard alone though all have it; null: nothing. */
function sharedBeside(
  { stmt }: PlanInput,
  { schemas, created }: TouchedSchemas,
  places: SchemaPlaces,
): string | null {
  if (created !== null && places.shardOf(created) === null) {
    return `creating something in schema "${created}" from a schema of one shard`;
  }
  const { DropStmt, GrantStmt, LockStmt, VacuumStmt, AlterObjectSchemaStmt, RenameStmt } = stmt;
  const lists = [DropStmt, GrantStmt, LockStmt, VacuumStmt, AlterObjectSchemaStmt, RenameStmt];
  if (lists.every(one => one === undefined)) return null;
  const shared = [...schemas].find(name => places.shardOf(name) === null);
  return shared === undefined ? null : `schema "${shared}" beside a schema of one shard`;
}
