// Label selectors, as far as the operator writes them: `a=b`, `a in (b,c)`, `!a`, and `a`.
import type { Document } from './document.ts';

export function matcherOf(selector: string | undefined, namespace: string): (object: Document) => boolean {
  // A comma within parentheses separates values, any other one terms.
  const terms = (selector ?? '').split(/,(?![^(]*\))/).filter((term) => term !== '');
  const rules = terms.map((term) => {
    const [, set = '', values] = / *([^ ]+) in \((.*)\)/.exec(term) ?? [];
    if (values !== undefined) {
      const known = new Set(values.split(','));
      return (labels: Record<string, string>) => known.has(labels[set] ?? '') && set in labels;
    }
    const [name = '', value] = term.split('=');
    if (term.startsWith('!')) return (labels: Record<string, string>) => !(term.slice(1) in labels);
    return (labels: Record<string, string>) => (value === undefined ? name in labels : labels[name] === value);
  });
  return ({ metadata }) => {
    if (namespace !== '' && metadata.namespace !== namespace) return false;
    const labels = metadata.labels ?? {};
    return rules.every((rule) => rule(labels));
  };
}
