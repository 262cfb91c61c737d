// Identifiers back into SQL text.

/** Always quoted: no list of keywords to keep up with. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
