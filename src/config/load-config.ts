// Files, URLs and environment → one validated configuration, or all that is wrong with it.

import { buildDatabases } from './build-databases.ts';
import { buildTables } from './build-tables.ts';
import { buildUsers } from './build-users.ts';
import { checkGeneral, checkOverrides } from './check-general.ts';
import type { Config } from './config.ts';
import { readDatabaseUrls } from './database-urls.ts';
import type { MappedKeyTypes } from './mapped-key.ts';
import { ConfigErrors, type ConfigProblem } from './problem.ts';
import { didYouMean, Report } from './report.ts';
import { type Entry, type Environment, SectionReader } from './section-reader.ts';
import { allSections, headerOf, sections, variableOf } from './sections.ts';
import { readTomlSource, type TomlSource } from './toml-source.ts';

export interface ConfigInput {
  /** null: not read, everything has its default (with `databaseUrls`). */
  readonly configPath: string | null;
  readonly usersPath: string | null;
  /** Not empty: these replace [[databases]] and [[users]]. */
  readonly databaseUrls: readonly string[];
  readonly env: Environment;
  /** Types of mapped keys; left out, the order of keys other than plain integers is not checked
   *  before the catalog is read. */
  readonly keyTypes?: MappedKeyTypes;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly ConfigProblem[];
}

/**
 * Reads and validates the configuration. Values come from the files, else from `PGDOG_*` variables,
 * else from defaults. Throws `ConfigErrors` with every problem found.
 */
export function loadConfig(input: ConfigInput): LoadedConfig {
  const { config, errors, warnings } = readConfig(input);
  if (config === null) throw new ConfigErrors(errors);
  return { config, warnings };
}

/** As `loadConfig`, with errors and warnings together; `config` is null where there are errors. */
export function readConfig(input: ConfigInput): {
  readonly config: Config | null;
  readonly errors: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
} {
  const report = new Report();
  const files = [
    input.configPath === null ? null : readTomlSource(input.configPath, report),
    input.usersPath === null ? null : readTomlSource(input.usersPath, report),
  ] as const;
  // What one file says of the other can be judged only when both could be read.
  const unreadable = report.errors.length > 0;
  checkTopLevel(files[0], 'pgdog.toml', report);
  checkTopLevel(files[1], 'users.toml', report);
  checkVariables(input.env, report);
  const config = new ConfigReader(input, files, report).read(unreadable);
  const errors = inOrder(report.errors, input);
  const warnings = inOrder(report.warnings, input);
  return { config: errors.length > 0 ? null : config, errors, warnings };
}

class ConfigReader {
  readonly #input: ConfigInput;
  readonly #pgdog: TomlSource | null;
  readonly #usersFile: TomlSource | null;
  readonly #report: Report;
  readonly #reader: SectionReader;

  constructor(
    input: ConfigInput,
    [pgdog, users]: readonly [TomlSource | null, TomlSource | null],
    report: Report,
  ) {
    this.#input = input;
    this.#pgdog = pgdog;
    this.#usersFile = users;
    this.#report = report;
    this.#reader = new SectionReader(report, input.env);
  }

  /** `halves`: a file could not be read, so that only what stands in one file is checked. */
  read(halves: boolean): Config {
    const general = this.#reader.table(sections.general, this.#pgdog);
    checkGeneral(general, this.#report);
    const entries = this.#entries();
    for (const entry of [...entries.databases, ...entries.users]) {
      if (entry.ok) checkOverrides(entry, this.#report);
    }
    const across = halves ? new Report() : this.#report;
    const withDatabases = this.#pgdog === null && halves ? across : this.#report;
    const file = this.#pgdog?.file ?? 'command line';
    const drafts = buildDatabases(entries.databases, file, withDatabases);
    const known =
      drafts.size > 0 && entries.databases.every(entry => entry.values.name !== undefined);
    const databases = buildTables(
      drafts,
      known,
      this.#pgdog,
      this.#reader,
      this.#report,
      this.#input.keyTypes ?? null,
    );
    const users = buildUsers(entries.users, drafts, general.values, known ? across : new Report());
    return { general: general.values, databases, users, ...this.#others() };
  }

  #entries() {
    const { databaseUrls, env } = this.#input;
    const users = this.#reader.array(sections.users, this.#usersFile);
    const databases = this.#reader.array(sections.databases, this.#pgdog);
    if (databaseUrls.length === 0) return { databases, users };
    return readDatabaseUrls(databaseUrls, env, this.#reader, this.#report);
  }

  #others() {
    const reader = this.#reader;
    const pgdog = this.#pgdog;
    return {
      admin: this.#admin(),
      tcp: reader.table(sections.tcp, pgdog).values,
      memory: reader.table(sections.memory, pgdog).values,
      rewrite: reader.table(sections.rewrite, pgdog).values,
      replication: reader.table(sections.replication, pgdog).values,
      otel: reader.table(sections.otel, pgdog).values,
      replicaLag: reader.table(sections.replicaLag, pgdog).values,
      multiTenant: ifPresent(reader.table(sections.multiTenant, pgdog)),
      vault: ifPresent(reader.table(sections.vault, pgdog)),
      queryParsers: reader.array(sections.queryParsers, pgdog).map(entry => entry.values),
      mirroring: reader.array(sections.mirroring, pgdog).map(entry => entry.values),
      plugins: reader.array(sections.plugins, pgdog).map(entry => entry.values),
    };
  }

  #admin() {
    const admin = this.#reader.table(sections.admin, this.#pgdog);
    if (this.#usersFile?.table['admin'] === undefined) return admin.values;
    const second = this.#reader.table(sections.admin, this.#usersFile);
    if (admin.present) {
      const line = admin.at().line;
      const message = `is also in ${this.#pgdog!.file}${line ? ` (line ${line})` : ''}`;
      this.#report.error(second.at(), message, 'remove one of them');
    }
    return second.values;
  }
}

function ifPresent<T>(entry: Entry<T>): T | null {
  return entry.present ? entry.values : null;
}

/** Sections that are unknown, or in the wrong file. */
function checkTopLevel(
  source: TomlSource | null,
  file: 'pgdog.toml' | 'users.toml',
  report: Report,
): void {
  if (source === null) return;
  const here = allSections.filter(
    ({ name, file: of }) =>
      !name.includes('.') && (of === file || (name === 'admin' && file === 'users.toml')),
  );
  for (const name of Object.keys(source.table)) {
    if (here.some(section => section.name === name)) continue;
    const elsewhere = allSections.find(section => section.name === name);
    const owner = allSections.find(section =>
      Object.values(section.keys).some(key => key.name === name),
    );
    const fix =
      (elsewhere && `it belongs into ${elsewhere.file}`) ??
      (owner && `it is a key of ${headerOf(owner)}: write it below that`) ??
      didYouMean(
        name,
        here.map(section => section.name),
      ) ??
      'remove it';
    report.error(source.place([name]), 'unknown section', fix);
  }
}

/** A `PGDOG_` variable that stands for no key is probably misspelt. */
function checkVariables(env: Environment, report: Report): void {
  const known = allSections.flatMap(section =>
    Object.keys(section.keys).flatMap(property => variableOf(section, property) ?? []),
  );
  for (const name of Object.keys(env)) {
    if (!/^(PGDOG|PGPACK)_/.test(name) || known.includes(name)) continue;
    const place = { file: 'environment', line: null, key: name };
    report.warn(place, 'unknown variable', didYouMean(name, known) ?? 'it is ignored');
  }
}

/** By file, then by line. */
function inOrder(
  problems: readonly ConfigProblem[],
  { configPath, usersPath }: ConfigInput,
): readonly ConfigProblem[] {
  const rank = ({ file }: ConfigProblem) => [configPath, usersPath].indexOf(file) >>> 0;
  return problems.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER),
  );
}
