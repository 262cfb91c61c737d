// Values back into SQL text.

/** Read as the same text under either value of standard_conforming_strings. */
export function quoteLiteral(value: string): string {
  const text = value.replaceAll("'", "''");
  return text.includes('\\') ? ` E'${text.replaceAll('\\', '\\\\')}'` : `'${text}'`;
}
