// Everything that comes, through whatever calls what, to a function that leaves something behind on
// its connection, or to one that asks for what sequences gave: a search backwards from those whose
// own text says it, over the edges of the catalogs and the names that texts mention.

import { nothingStateful } from '../catalog/catalog.ts';
import {
  asksForeignSequence,
  givesSequence,
  isDefining,
  isPlainWord,
  isWriting,
  mayLeaveState,
  sequenceStateFunctions,
  statefulFunctions,
  wordsOf,
} from '../sql/procedure-text.ts';

/** A letter for the kind and an OID, or a word for all of a kind. */
export type Node = string;

/** A function and its text. */
export interface NodeText {
  readonly node: Node;
  readonly name: string;
  readonly language: string;
  readonly text: string;
}

export interface Graph {
  readonly names: ReadonlyMap<Node, string>;
  /** What uses, what is used. */
  readonly edges: readonly (readonly [Node, Node])[];
  readonly texts: readonly NodeText[];
}

export type Concern = 'state' | 'sequences';

/** Languages whose functions share nothing but the database; `c` and `internal` are judged by
 *  name. Others (PL/Perl, PL/Python, PL/v8 …) keep variables for the session. */
const judgedByText = new Set(['sql', 'plpgsql']);
const judgedByName = new Set(['c', 'internal']);

const { names: noNames } = nothingStateful;
const anyRelation = { ...noNames, relations: true };

/** `never`: nodes that are not concerned, whatever they use. */
export function reach(graph: Graph, concern: Concern, never: ReadonlySet<Node>): Set<Node> {
  const judged = graph.texts.filter(({ language }) => judgedByText.has(language));
  const seeds = graph.texts.filter(one => concerns(one, concern)).map(({ node }) => node);
  const excluded = new Set(never);
  if (concern === 'sequences') {
    for (const { node, text } of judged) if (givesSequence(text)) excluded.add(node);
  }
  const reached = new Set<Node>(seeds);
  if (reached.size === 0) return reached;
  const users = Map.groupBy(graph.edges, ([, used]) => used);
  const dynamic = concern === 'state' ? judged.filter(runsAnyName).map(({ node }) => node) : [];
  const mentions = mentionsIn(judged, graph.names);
  // A Set goes on with what is added while it is walked.
  for (const node of reached) {
    const add = (user: Node) => {
      if (!excluded.has(user)) reached.add(user);
    };
    for (const [user] of users.get(node) ?? []) add(user);
    if (node.startsWith('r')) add(`w${node.slice(1)}`);
    for (const user of mentions(node)) add(user);
    // Told once is enough.
    if (/^[rwt]/.test(node)) for (const user of dynamic.splice(0)) add(user);
  }
  return reached;
}

function concerns({ name, language, text }: NodeText, concern: Concern): boolean {
  if (concern === 'sequences') {
    if (language === 'internal' && sequenceStateFunctions.has(name)) return true;
    return judgedByText.has(language) && asksForeignSequence(text);
  }
  if (judgedByName.has(language)) return statefulFunctions.has(name);
  return judgedByText.has(language) ? mayLeaveState(text, noNames) : true;
}

/** It runs a name that it is given: any relation's. */
function runsAnyName({ text }: NodeText): boolean {
  return mayLeaveState(text, anyRelation);
}

/** Functions whose texts may mean a node. */
function mentionsIn(
  judged: readonly NodeText[],
  names: ReadonlyMap<Node, string>,
): (node: Node) => Iterable<Node> {
  const known = new Set([...names.values()].map(name => name.toLowerCase()));
  const byWord = new Map<string, Set<Node>>();
  for (const { node, text } of judged) {
    for (const word of wordsOf(text)) {
      if (!known.has(word)) continue;
      const users = byWord.get(word);
      if (users === undefined) byWord.set(word, new Set([node]));
      else users.add(node);
    }
  }
  const those = (test: (text: string) => boolean) =>
    new Set(judged.filter(({ text }) => test(text)).map(({ node }) => node));
  const writing = those(isWriting);
  return node => {
    if (node === 'ddl') return those(isDefining);
    const name = names.get(node)?.toLowerCase();
    if (name === undefined) return [];
    const found = isPlainWord(name)
      ? (byWord.get(name) ?? new Set<Node>())
      : those(text => text.toLowerCase().includes(name));
    return node.startsWith('w') ? found.intersection(writing) : found;
  };
}
