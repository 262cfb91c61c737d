// Where a client orders its statements to go: by a comment, a setting or a startup parameter. Names
// are PgDog's (`pgdog.shard` …) and PgCat's (`SET SHARD TO`); none of them is PostgreSQL's.

/** A shard by its number, or the one that the configured function gives for a key. */
export type Directive =
  | { readonly kind: 'shard'; readonly shard: number }
  | { readonly kind: 'key'; readonly value: string };

/** `any` is PgCat's word; nothing depends on the role yet. */
export type RoleDirective = 'primary' | 'replica' | 'any' | 'auto';

/** Settings that PgPack keeps by itself: no server hears of them. */
export type OwnSetting = 'pgdog.shard' | 'pgdog.sharding_key' | 'pgdog.role' | 'primary_reads';

/** What SHOW answers that no server knows; `pgdog.shards` is their number. */
export type OwnVariable = OwnSetting | 'pgdog.shards' | 'shard' | 'server role';

export const ownSettings: ReadonlySet<string> = new Set<OwnSetting>([
  'pgdog.shard',
  'pgdog.sharding_key',
  'pgdog.role',
]);

/** For cache keys and comparisons; null: no directive. */
export function directiveText(directive: Directive | null): string {
  if (directive === null) return '';
  return directive.kind === 'shard' ? `shard ${directive.shard}` : `key ${directive.value}`;
}
