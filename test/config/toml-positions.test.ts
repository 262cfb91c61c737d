// The lines of keys and elements in a TOML text, which smol-toml does not give.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { showPath, type TomlPath, TomlPositions } from '../../src/config/toml-positions.ts';

const source = `# a comment with [a.header] and key = 1
title = "a # no comment"  # a comment
[general]
port = 6432
"quoted key" = 1
'literal \\ key' = 2
a.b . "c.d" = 3

[[databases]] # first
name = "x"
[[databases]]
name = """
[general]
port = 1 \\"""
"""
host = '''
name = "no"
'''''
[[databases.inner]]
x = 1
[[databases.inner]]
y = { a = 1, b = [1, 2,
  3], c.d = "}" }
[databases.table]
z = 1979-05-27 07:32:00

[after]
list = [
  { name = "one" }, # ]
  {
    name = "two", shard = -1 },
  [ 'x', "]" ],
]
last = true`;

test('every key and element of a document has the line it is written on', () => {
  parse(source);
  const positions = new TomlPositions(source);
  const lines: readonly (readonly [TomlPath, number])[] = [
    [['title'], 2],
    [['general'], 3],
    [['general', 'port'], 4],
    [['general', 'quoted key'], 5],
    [['general', 'literal \\ key'], 6],
    [['general', 'a', 'b', 'c.d'], 7],
    [['databases'], 9],
    [['databases', 0, 'name'], 10],
    [['databases', 1], 11],
    [['databases', 1, 'name'], 12],
    [['databases', 1, 'host'], 16],
    [['databases', 1, 'inner', 0, 'x'], 20],
    [['databases', 1, 'inner', 1, 'y', 'a'], 22],
    [['databases', 1, 'inner', 1, 'y', 'b', 2], 23],
    [['databases', 1, 'inner', 1, 'y', 'c', 'd'], 23],
    [['databases', 1, 'table', 'z'], 25],
    [['after', 'list', 0, 'name'], 29],
    [['after', 'list', 1], 30],
    [['after', 'list', 1, 'shard'], 31],
    [['after', 'list', 2, 1], 32],
    [['after', 'last'], 34],
  ];
  for (const [path, line] of lines) assert.equal(positions.lineOf(path), line, showPath(path));
});

test('a key that is not written down has the line of the table around it', () => {
  const positions = new TomlPositions(source);
  assert.equal(positions.lineOf(['databases', 1, 'inner', 0, 'missing']), 19);
  assert.equal(positions.lineOf(['nowhere', 'at', 'all']), null);
});

test('every value of the parsed document is found on a line that mentions its key', () => {
  const positions = new TomlPositions(source);
  const lines = source.split('\n');
  let visited = 0;
  const visit = (value: unknown, path: (string | number)[]): void => {
    if (typeof value !== 'object' || value === null || value instanceof Date) return;
    for (const [name, child] of Object.entries(value)) {
      const part = Array.isArray(value) ? Number(name) : name;
      const line = positions.lineOf([...path, part]);
      assert.ok(line !== null && lines[line - 1] !== undefined);
      if (typeof part === 'string') assert.ok(lines[line - 1]?.includes(part), showPath([part]));
      visited++;
      visit(child, [...path, part]);
    }
  };
  visit(parse(source), []);
  assert.ok(visited > 30);
});

test('the same lines are found with Windows line ends', () => {
  const positions = new TomlPositions(source.replaceAll('\n', '\r\n'));
  assert.equal(positions.lineOf(['databases', 1, 'inner', 1, 'y', 'b', 2]), 23);
  assert.equal(positions.lineOf(['after', 'last']), 34);
});

test('any text, TOML or not, is scanned to its end', () => {
  for (let end = 0; end <= source.length; end++) {
    const positions = new TomlPositions(source.slice(0, end));
    assert.ok((positions.lineOf(['title']) ?? 2) === 2);
  }
});

test('a path is shown as TOML would write it', () => {
  assert.equal(showPath(['databases', 2, 'host']), 'databases[2].host');
  assert.equal(showPath(['otel', 'headers', 'x.y z']), 'otel.headers."x.y z"');
});
