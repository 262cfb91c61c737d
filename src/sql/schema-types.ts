// Types of columns from CREATE TABLE statements, as a catalog read from a server would have them.

import { elementOid, type KeyTypeDescription } from '../sharding/hash-types.ts';
import { firstUserOid, typeOid } from '../types/type-oid.ts';
import { qualifiedName, type SyntaxNode, type TypeName } from './syntax-tree.ts';

export interface SchemaType {
  readonly oid: number;
  readonly name: string;
  readonly modifier: number;
  readonly key: KeyTypeDescription;
  readonly collatable: boolean;
}

const collatable: ReadonlySet<number> = new Set([
  ...[typeOid.text, typeOid.varchar, typeOid.bpchar, typeOid.name],
]);

/** Below it all types of pg_type.dat have their arrays. */
const builtinOidMax = 10_000;

/** null: the element type is not PostgreSQL's own, or its array is not known. */
function arrayOid(element: number): number | null {
  for (let oid = 1; oid < builtinOidMax; oid++) if (elementOid(oid) === element) return oid;
  return null;
}

/** serial, a column type that gram.y passes on: parse_utilcmd.c makes the sequence. */
const serials: Readonly<Record<string, keyof typeof typeOid>> = {
  ...{ smallserial: 'int2', serial2: 'int2', serial: 'int4', serial4: 'int4' },
  ...{ bigserial: 'int8', serial8: 'int8' },
};

export function isSerial(name: TypeName | undefined): boolean {
  return qualifiedName(namesOf(name)).name in serials;
}

function namesOf(name: TypeName | undefined): readonly SyntaxNode[] | undefined {
  return name?.names as readonly SyntaxNode[] | undefined;
}

/** Types that a schema's own statements make; what it does not know gets a number of its own. */
export class SchemaTypes {
  readonly #own = new Map<string, SchemaType>();

  addEnum(name: string): void {
    this.#own.set(name, this.#type(name, { kind: 'enum', name }));
  }

  addDomain(name: string, base: SchemaType): void {
    this.#own.set(name, { ...base, key: { kind: 'domain', base: base.key } });
  }

  of(typeName: TypeName | undefined): SchemaType {
    const { name } = qualifiedName(namesOf(typeName));
    const element = this.#element(name, typeName);
    if ((typeName?.arrayBounds ?? []).length === 0) return element;
    const { name: elementName, key, modifier, collatable: hasCollation } = element;
    const oid = key.kind === 'base' ? arrayOid(key.oid) : null;
    const array = this.#type(`_${elementName}`, { kind: 'array', element: key });
    if (oid === null) return { ...array, collatable: hasCollation };
    const described: KeyTypeDescription = { kind: 'base', oid, typmod: modifier };
    return { ...array, oid, modifier, key: described, collatable: hasCollation };
  }

  #element(name: string, typeName: TypeName | undefined): SchemaType {
    const builtin = serials[name] ?? name;
    if (Object.hasOwn(typeOid, builtin)) {
      const oid = typeOid[builtin as keyof typeof typeOid];
      const modifier = modifierOf(oid, typeName);
      const key: KeyTypeDescription = { kind: 'base', oid, typmod: modifier };
      return { oid, name: builtin, modifier, key, collatable: collatable.has(oid) };
    }
    const known = this.#own.get(name);
    if (known !== undefined) return known;
    const type = this.#type(name, null);
    this.#own.set(name, type);
    return type;
  }

  #type(name: string, key: KeyTypeDescription | null): SchemaType {
    const oid = firstUserOid + this.#own.size;
    return { oid, name, modifier: -1, key: key ?? { kind: 'base', oid }, collatable: false };
  }
}

/** The types' own typmodin functions (varchar.c, numeric.c, timestamp.c, varbit.c). */
function modifierOf(oid: number, typeName: TypeName | undefined): number {
  const given = ((typeName?.typmods ?? []) as readonly SyntaxNode[]).map(
    node => node.A_Const?.ival?.ival ?? 0,
  );
  const [first, second = 0] = given;
  if (first === undefined) return -1;
  if (oid === typeOid.varchar || oid === typeOid.bpchar) return first + 4;
  if (oid === typeOid.numeric) return ((first << 16) | (second & 0x7ff)) + 4;
  // interval has its fields first.
  return oid === typeOid.interval ? -1 : first;
}
