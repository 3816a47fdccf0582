// Text that is cut to the length that a schema allows.

/**
 * The text in at most `most` UTF-16 units, with … at the end where something was cut.
 *
 * Never ends in half of a character: the API server stores another one in its place, and what is stored would then differ
 * from what was meant for ever. Nor does it keep half characters that are in the text already.
 */
export function shorten(text: string, most: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= most) return whole;
  const last = whole.codePointAt(most - 2) ?? 0;
  return `${whole.slice(0, last > 0xffff ? most - 2 : most - 1)}…`;
}
