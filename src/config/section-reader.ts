// Reads one section, or one entry of an array section, by its table of keys: unknown keys, wrong
// types and values, missing required keys, keys without effect; defaults from the environment.

import type { Key, Keys, Status, Values } from './key.ts';
import { didYouMean, type Place, type Report } from './report.ts';
import { allSections, headerOf, type Section, variableOf } from './sections.ts';
import type { TomlPath } from './toml-positions.ts';
import type { TomlSource } from './toml-source.ts';
import { isTable, show, type TomlValue } from './value-type.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type TomlTable = Readonly<Record<string, TomlValue>>;

/** A section or one entry of it as read. */
export interface Entry<T> {
  readonly values: T;
  /** Keys (as TOML spells them) that are missing or cannot be read, which was reported: their
   *  values are defaults, or undefined where the key is required. */
  readonly failed: ReadonlySet<string>;
  /** Nothing failed. */
  readonly ok: boolean;
  /** The section is written down, in a file or on the command line. */
  readonly present: boolean;
  /** Where a key (as TOML spells it) is, or the entry itself. */
  at(name?: string): Place;
  /** Entries of a section inside this one. */
  inner(name: string): readonly { readonly table: TomlTable; readonly path: TomlPath }[];
}

/** Stands for a value that could not be read. */
const failure = Symbol('failure');

export class SectionReader {
  readonly #report: Report;
  readonly #env: Environment;

  constructor(report: Report, env: Environment) {
    this.#report = report;
    this.#env = env;
  }

  /** `[name]`, with defaults where it is absent. */
  table<K extends Keys>(section: Section<K>, source: TomlSource | null): Entry<Values<K>> {
    const value = source?.table[section.name];
    const path = [section.name];
    if (value !== undefined && !isTable(value)) {
      const array = Array.isArray(value) ? `write [${section.name}]` : 'write it as a table';
      this.#report.error(source!.place(path), 'expected one table', array);
    }
    const table = isTable(value) ? value : {};
    const at: Entry<unknown>['at'] = name =>
      source?.place(name === undefined ? path : [...path, name]) ?? nowhere(section.name);
    if (value !== undefined) this.#sectionStatus(section, at());
    return this.entry(section, table, path, at, value !== undefined);
  }

  /** All of `[[name]]`. */
  array<K extends Keys>(section: Section<K>, source: TomlSource | null): Entry<Values<K>>[] {
    const value = source?.table[section.name];
    if (source === null || value === undefined) return [];
    return this.tables(value, [section.name], source).map(({ table, path }) => {
      const at: Entry<unknown>['at'] = name => source.place(name ? [...path, name] : path);
      this.#sectionStatus(section, at());
      return this.entry(section, table, path, at, true, source);
    });
  }

  /** The tables of an array of tables, whose every other element is reported. */
  tables(value: TomlValue, path: TomlPath, source: TomlSource) {
    if (!Array.isArray(value)) {
      const fix = isTable(value) ? `write [[${path.join('.')}]]` : 'write it as tables';
      this.#report.error(source.place(path), 'expected an array of tables', fix);
      return [];
    }
    const tables: { table: TomlTable; path: TomlPath }[] = [];
    for (const [index, element] of (value as readonly TomlValue[]).entries()) {
      const elementPath = [...path, index];
      if (isTable(element)) tables.push({ table: element, path: elementPath });
      else {
        const message = `expected a table, found ${show(element)}`;
        this.#report.error(source.place(elementPath), message, 'write { key = value }');
      }
    }
    return tables;
  }

  /** One entry, from a table of TOML values wherever it comes from. */
  entry<K extends Keys>(
    section: Section<K>,
    table: TomlTable,
    path: TomlPath,
    at: Entry<unknown>['at'],
    present: boolean,
    source: TomlSource | null = null,
  ): Entry<Values<K>> {
    this.#unknownKeys(section, table, at);
    const values: Record<string, unknown> = {};
    const failed = new Set<string>();
    for (const [property, key] of Object.entries(section.keys)) {
      const value = this.#value(section, property, key, table, at, present);
      if (value === failure) failed.add(key.name);
      values[property] = value === failure ? defaultOf(key) : value;
    }
    return {
      values: values as Values<K>,
      failed,
      ok: failed.size === 0,
      present,
      at,
      inner: name => {
        const value = table[name];
        return value === undefined || source === null
          ? []
          : this.tables(value, [...path, name], source);
      },
    };
  }

  #unknownKeys(section: Section, table: TomlTable, at: Entry<unknown>['at']): void {
    const known = Object.values(section.keys).flatMap(key => [key.name, ...key.aliases]);
    for (const name of Object.keys(table)) {
      if (known.includes(name) || section.inner.includes(name)) continue;
      const elsewhere = allSections.find(other =>
        Object.values(other.keys).some(key => key.name === name),
      );
      const fix =
        didYouMean(name, [...known, ...section.inner]) ??
        (elsewhere === undefined
          ? 'remove it'
          : `it is a key of ${headerOf(elsewhere)} in ${elsewhere.file}`);
      this.#report.error(at(name), 'unknown key', fix);
    }
  }

  #value(
    section: Section,
    property: string,
    key: Key<unknown>,
    table: TomlTable,
    at: Entry<unknown>['at'],
    present: boolean,
  ): unknown {
    const given = [key.name, ...key.aliases].filter(name => table[name] !== undefined);
    const [name, second] = given;
    if (second !== undefined) {
      this.#report.error(at(second), `the same key as ${name}`, 'remove one of them');
    }
    if (name !== undefined) {
      return this.#parsed(section, key, table[name]!, at(name), section.status === 'works');
    }
    const variable = variableOf(section, property);
    const text = variable === null ? undefined : this.#env[variable];
    if (variable !== null && text !== undefined && text !== '') {
      const place = { file: 'environment', line: null, key: variable };
      return this.#parsed(section, key, key.type.fromText(text), place, true);
    }
    if (key.default !== undefined || !present) return defaultOf(key);
    this.#report.error(at(), `${key.name} is missing`, `add ${key.name} = … (${key.type.words})`);
    return failure;
  }

  #parsed(
    section: Section,
    key: Key<unknown>,
    value: TomlValue,
    place: Place,
    status: boolean,
  ): unknown {
    const parsed = key.type.parse(value);
    if (!parsed.ok) {
      this.#report.error(place, parsed.message, parsed.fix);
      return failure;
    }
    if (status) this.#keyStatus(section, key, parsed.value, place);
    return parsed.value;
  }

  #keyStatus(section: Section, key: Key<unknown>, value: unknown, place: Place): void {
    const whole = key.status === 'works' ? section.status : key.status;
    const byValue = typeof value === 'string' ? key.valueStatus[value] : undefined;
    const status = whole === 'works' ? (byValue ?? 'works') : whole;
    // A switch that says what happens anyway needs no words.
    const usual = typeof value === 'boolean' && value === (key.default ?? false);
    if (status === 'works' || usual) return;
    const what = whole === 'works' ? `${JSON.stringify(value)} ` : '';
    if (status === 'refused') {
      const fix = whole === 'works' ? `use ${workingValues(key).join(' or ')}` : 'remove the key';
      this.#report.error(place, `${what}is not supported yet`, fix);
    } else {
      const instead = key.instead ?? `PgPack runs as with ${usualValue(key)}`;
      const fix = whole === 'works' ? instead : 'PgPack runs as if it were not set';
      this.#report.warn(place, `${what}has no effect yet`, fix);
    }
  }

  #sectionStatus(section: Section, place: Place): void {
    reportSectionStatus(section.status, place, this.#report);
  }
}

/** Says of a whole section that it does nothing yet, or that this is an error. */
export function reportSectionStatus(status: Status, place: Place, report: Report): void {
  if (status === 'refused') report.error(place, 'is not supported yet', 'remove the section');
  if (status === 'later') {
    report.warn(place, 'has no effect yet', 'PgPack runs as if the section were not there');
  }
}

/** The default as a value; undefined where the key is required. */
export function defaultOf(key: Key<unknown>): unknown {
  return typeof key.default === 'function' ? (key.default as () => unknown)() : key.default;
}

function workingValues(key: Key<unknown>): readonly string[] {
  const values = Object.keys(key.valueStatus).filter(word => key.valueStatus[word] === 'works');
  return values.map(word => JSON.stringify(word));
}

/** What an enum is taken for where its value has no effect yet. */
function usualValue(key: Key<unknown>): string {
  const works = key.valueStatus[String(key.default)] === 'works';
  return works ? JSON.stringify(key.default) : (workingValues(key)[0] ?? 'its default');
}

function nowhere(key: string): Place {
  return { file: 'pgdog.toml', line: null, key };
}
