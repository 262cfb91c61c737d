// The house rules that a program can check: floors, circles, sizes, dead files, unused exports and
// leftovers, over the whole tree. Each failure lists every place, not only the first.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionsOf } from './support/source-code.ts';
import {
  projectFiles,
  readProjectFile,
  type SourceFile,
  sourceTree,
} from './support/source-tree.ts';

const fileLinesMax = 500;
const functionLinesMax = 70;
const lineCharactersMax = 100;

/** A file imports from its own folder or from a folder with a lower number. */
const floors: Readonly<Record<string, number>> = {
  common: 0,
  ...{ protocol: 1, config: 1, metrics: 1, embedded: 1 },
  ...{ types: 2, auth: 2, transport: 2 },
  ...{ sharding: 3, plan: 3 },
  catalog: 4,
  sql: 5,
  ...{ planner: 6, executor: 6, backend: 6 },
  transaction: 7,
  frontend: 8,
  admin: 9,
  'app.ts': 10,
  ...{ workers: 11, demo: 11 },
  'cli.ts': 12,
};

/** These compute; sockets, files and timers are other folders' work. */
const pureFolders = ['protocol', 'types', 'sharding', 'plan', 'sql', 'planner', 'executor'];
const impureModules =
  /^(?:node:)?(?:net|tls|http|https|dgram|fs|fs\/promises|timers|timers\/promises)$/;

const tree = sourceTree();
const files = [...tree.values()];
const sources = files.filter(file => file.path.startsWith('src/'));

function none(problems: readonly string[]): void {
  assert.equal(problems.join('\n'), '');
}

/** `src/sql/parse.ts` is of `sql`, `src/app.ts` of `app.ts`. */
function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function linesWith(file: SourceFile, text: string, pattern: RegExp): string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1}`] : []));
}

test('every folder of src has a floor and imports only from itself or a lower floor', () => {
  const problems = sources.flatMap(file => {
    const floor = floors[folderOf(file.path)];
    if (floor === undefined) return [`${file.path}: its folder has no floor`];
    return file.imports.flatMap(({ file: target }) => {
      if (target === null || folderOf(target) === folderOf(file.path)) return [];
      const below = target.startsWith('src/') ? floors[folderOf(target)] : undefined;
      return below !== undefined && below < floor ? [] : [`${file.path} imports ${target}`];
    });
  });
  none(problems);
});

test('every relative import names an existing file with its ending', () => {
  const problems = files.flatMap(file =>
    file.imports
      .filter(({ file: target }) => target !== null && !tree.has(target))
      .filter(({ specifier }) => !specifier.startsWith('../dist/'))
      .map(({ specifier }) => `${file.path} imports ${specifier}`),
  );
  none(problems);
});

test('imports form no circle, type-only ones included', () => {
  none(circles());
});

function circles(): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) found.push([...trail.slice(seenAt), path].join(' → '));
    if (seenAt >= 0 || done.has(path)) return;
    for (const { file } of tree.get(path)?.imports ?? []) {
      if (file !== null) visit(file, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of tree.keys()) visit(path, []);
  return found;
}

test(`no file has more than ${fileLinesMax} lines`, () => {
  const problems = files
    .map(file => ({ path: file.path, lines: file.text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > fileLinesMax)
    .map(({ path, lines }) => `${path}: ${lines} lines`);
  none(problems);
});

test(`no function has more than ${functionLinesMax} lines`, () => {
  const problems = files
    .filter(file => file.path.endsWith('.ts'))
    .flatMap(file => functionsOf(file.text).map(found => ({ path: file.path, ...found })))
    .filter(({ lines }) => lines > functionLinesMax)
    .map(({ path, head, line, lines }) => `${path}:${line} ${head}: ${lines} lines`);
  none(problems);
});

test(`no line has more than ${lineCharactersMax} characters`, () => {
  const tooLong = new RegExp(`^.{${lineCharactersMax + 1}}`, 'u');
  // The formatter leaves alone what cannot be broken: a literal, an import's path.
  const unbreakable = /^\s*(?:\S+\s)?[(]?(?:['"`/].*|.*from '.*)$/;
  const problems = files.flatMap(file =>
    file.text
      .split('\n')
      .flatMap((line, index) =>
        tooLong.test(line) && !unbreakable.test(line) ? [`${file.path}:${index + 1}`] : [],
      ),
  );
  none(problems);
});

test('every file is reached from the command, a test, the benchmark or the documentation', () => {
  const documents = projectFiles(['*.md', 'docs/*.md']).map(readProjectFile);
  const scripts = [...Object.values(packageScripts()), ...documents].flatMap(
    text => text.match(/[\w./-]+\.[jt]s/g) ?? [],
  );
  const reached = new Set<string>();
  const queue = [...scripts, ...tree.keys()].filter(
    path => scripts.includes(path) || path.endsWith('.test.ts'),
  );
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = tree.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    queue.push(...file.mentions, ...file.imports.flatMap(({ file: target }) => target ?? []));
  }
  none([...tree.keys()].filter(path => !reached.has(path)));
});

function packageScripts(): Record<string, string> {
  return (JSON.parse(readProjectFile('package.json')) as { scripts: Record<string, string> })
    .scripts;
}

test('every export is used: by another file, or as a type of its own file’s exports', () => {
  const used = new Map<string, Set<string> | 'all'>();
  for (const { imports } of files) {
    for (const { file, names } of imports) {
      if (file === null || used.get(file) === 'all') continue;
      const before = used.get(file) as Set<string> | undefined;
      used.set(file, names === null ? 'all' : new Set([...(before ?? []), ...names]));
    }
  }
  const problems = files.flatMap(file => {
    const taken = used.get(file.path);
    if (taken === 'all' || file.path === 'test/support/closing-reporter.ts') return [];
    return file.exports
      .filter(({ name }) => !taken?.has(name))
      .filter(({ name, isType }) => !isType || occurrences(file.code, name) < 2)
      .map(({ name }) => `${file.path}: ${name}`);
  });
  none(problems);
});

function occurrences(code: string, name: string): number {
  return code.match(new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`, 'g'))!.length;
}

test('folders that compute import no socket, file or timer', () => {
  const problems = sources
    .filter(file => pureFolders.includes(folderOf(file.path)))
    .flatMap(file => [
      ...file.imports
        .filter(({ specifier }) => impureModules.test(specifier))
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
      ...linesWith(file, file.code, /(?<![\w$.])(?:setTimeout|setInterval|setImmediate)\s*\(/),
    ]);
  none(problems);
});

test('files are named in kebab-case after one concept, and src has no default export', () => {
  const vague = /(?:^|-)(?:utils?|helpers?|manager|misc|index)\.ts$/;
  const problems = files
    .map(({ path }) => path)
    .filter(path => {
      const name = path.split('/').at(-1)!;
      return vague.test(name) || !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.[jt]s$/.test(name);
    });
  none([...problems, ...sources.flatMap(file => linesWith(file, file.code, /^export default/))]);
});

test('every file opens with a comment that says what it is for', () => {
  none(files.filter(({ text }) => !/^(?:#!.*\n)?\/\/ \S/.test(text)).map(({ path }) => path));
});

test('no work is left over: no to-do marks, no test that is alone or switched off', () => {
  const marks = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`);
  const switched =
    /(?<![\w$.])(?:test|it|describe|suite)\.(?:only|skip|todo)\s*\(|\b(?:only|skip|todo): true\b/;
  const problems = files.flatMap(file => [
    ...linesWith(file, file.text, marks),
    ...linesWith(file, file.code, switched),
  ]);
  none(problems);
});

test('no file names a directory of the machine that it was written on', () => {
  const machine = new RegExp(
    `(?<![\\w.$}])/(?:${['wo' + 'rk', 'ro' + 'ot', 'ho' + 'me'].join('|')})/`,
  );
  const patterns = ['{src,test,bench,docs}/**/*.*', 'bin/*', '.ci/*', '*.{md,json,toml,yml}'];
  const problems = [...projectFiles(patterns), 'Dockerfile'].filter(path =>
    machine.test(readProjectFile(path)),
  );
  none(problems);
});
