// The project's own files as a graph: who imports what from whom, and what each file exports.
// Type-only imports count as imports.

import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { blank } from './source-code.ts';

export const projectRoot = dirname(dirname(import.meta.dirname));

export interface Import {
  /** As written: `node:fs`, `pg`, `./x.ts`. */
  readonly specifier: string;
  /** Path from the project's root, null for a package. */
  readonly file: string | null;
  /** Names taken; null: all of them (`import *`, `import()`, side effects). */
  readonly names: readonly string[] | null;
}

export interface SourceFile {
  /** From the project's root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Without comments and without the contents of literals. */
  readonly code: string;
  readonly imports: readonly Import[];
  /** Files named by a literal (a worker, a script to spawn), imports included. */
  readonly mentions: readonly string[];
  readonly exports: readonly Export[];
}

export interface Export {
  readonly name: string;
  readonly isType: boolean;
}

/** All TypeScript and JavaScript of the project, by path. */
export function sourceTree(): Map<string, SourceFile> {
  const paths = projectFiles(['{src,test,bench,docs}/**/*.ts', 'bin/*.js']);
  const known = new Set(paths);
  return new Map(paths.map(path => [path, sourceFile(path, known)]));
}

/** Paths from the project's root, sorted, with `/`. */
export function projectFiles(patterns: readonly string[]): string[] {
  return globSync(patterns, { cwd: projectRoot })
    .map(path => path.replaceAll('\\', '/'))
    .sort();
}

export function readProjectFile(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

function sourceFile(path: string, known: ReadonlySet<string>): SourceFile {
  const text = readProjectFile(path);
  const uncommented = blank(text, false);
  return {
    path,
    text,
    code: blank(text, true),
    imports: importsOf(path, uncommented),
    mentions: mentionsOf(path, uncommented, known),
    exports: exportsOf(uncommented),
  };
}

const fromClause =
  /(?:^|\n)\s*(?:import|export)\s+(?:type\s+)?([\w$*{][^;'"`]*?)\s*from\s*['"]([^'"\n]+)['"]/g;
const bareImport = /(?:^|[^\w$.])import\s*\(?\s*['"]([^'"\n]+)['"]/g;

function importsOf(path: string, text: string): Import[] {
  const imports: Import[] = [];
  for (const [, clause = '', specifier = ''] of text.matchAll(fromClause)) {
    imports.push({ specifier, file: resolved(path, specifier), names: namesOf(clause) });
  }
  for (const [, specifier = ''] of text.matchAll(bareImport)) {
    imports.push({ specifier, file: resolved(path, specifier), names: null });
  }
  return imports;
}

function resolved(from: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : null;
}

/** `{ a, type B, c as d }` gives a, B, c; a default import gives `default`. */
function namesOf(clause: string): string[] | null {
  if (clause.includes('*')) return null;
  const braces = /\{([^}]*)\}/.exec(clause);
  const listed = (braces?.[1] ?? '')
    .split(',')
    .map(item => item.trim().replace(/^type\s+/, ''))
    .map(item => item.split(/\s+as\s+/)[0]!)
    .filter(name => name !== '');
  return /^[\w$]/.test(clause) ? ['default', ...listed] : listed;
}

function mentionsOf(path: string, text: string, known: ReadonlySet<string>): string[] {
  const mentions = new Set<string>();
  for (const [, literal = ''] of text.matchAll(/['"`]([^'"`\s]+\.[jt]s)['"`]/g)) {
    for (const file of [posix.join(posix.dirname(path), literal), posix.normalize(literal)]) {
      if (known.has(file)) mentions.add(file);
    }
  }
  return [...mentions];
}

const declaration =
  /(?:^|\n)export\s+(?:default\s+)?(?:declare\s+)?(?:async\s+)?(?:abstract\s+)?(const|let|function\*?|class|interface|type)\s+([\w$]+)/g;
const exportList = /(?:^|\n)export\s+(type\s+)?\{([^}]*)\}/g;

function exportsOf(text: string): Export[] {
  const exports: Export[] = [];
  for (const [, kind = '', name = ''] of text.matchAll(declaration)) {
    exports.push({ name, isType: kind === 'interface' || kind === 'type' });
  }
  for (const [, type, list = ''] of text.matchAll(exportList)) {
    for (const item of list.split(',').filter(part => part.trim() !== '')) {
      const name = item
        .trim()
        .split(/\s+as\s+/)
        .at(-1)!;
      exports.push({ name: name.replace(/^type\s+/, ''), isType: type !== undefined });
    }
  }
  return exports;
}
