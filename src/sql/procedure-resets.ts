// Settings that the text of a DO block puts back to their defaults. Those are the server's own
// there, also where the client gave a startup parameter. The text is not parsed: what looks like it
// counts.

import { settingName } from './setting.ts';

const name = String.raw`(time\s+zone|session\s+authorization|[\w.$"]+)`;
const patterns: readonly RegExp[] = [
  new RegExp(String.raw`\breset\s+${name}`, 'gi'),
  new RegExp(
    String.raw`\bset\s+(?:(?:session|local)\s+)?${name}\s*(?:=|\bto\b)?\s*(?:default|local)\b`,
    'gi',
  ),
  /\bset_config\s*\(\s*'([^']+)'\s*,\s*null\b/gi,
];

/** Names as settings are kept; `all`: every one. */
export function resetsInText(text: string): readonly string[] {
  const bare = text.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
  const names = patterns.flatMap(pattern => [...bare.matchAll(pattern)].map(found => found[1]!));
  return [...new Set(names.map(keptAs))];
}

function keptAs(written: string): string {
  const plain = written.replaceAll('"', '').toLowerCase();
  if (/^time\s/.test(plain)) return 'timezone';
  return /^session\s/.test(plain) ? 'session_authorization' : settingName(plain);
}
