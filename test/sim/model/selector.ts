// Label selectors: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `!a`, and `a`.
import type { Document } from './document.ts';

export function matcherOf(selector: string | undefined, namespace: string): (object: Document) => boolean {
  // A comma within parentheses separates values, any other one terms.
  const terms = (selector ?? '').split(/,(?![^(]*\))/).filter((term) => term !== '');
  const rules = terms.map(ruleOf);
  return ({ metadata }) => {
    if (namespace !== '' && metadata.namespace !== namespace) return false;
    const labels = metadata.labels ?? {};
    return rules.every((rule) => rule(labels));
  };
}

type Rule = (labels: Readonly<Record<string, string>>) => boolean;

function ruleOf(term: string): Rule {
  const [, set = '', not, values] = /^ *([^ ]+) (not)?in \((.*)\)$/.exec(term) ?? [];
  if (values !== undefined) {
    const known = new Set(values.split(','));
    // Without the label, `notin` is true.
    return (labels) => (set in labels && known.has(labels[set] ?? '')) === (not === undefined);
  }
  if (term.startsWith('!')) return (labels) => !(term.slice(1) in labels);
  const [, name = term, sign, value] = /^([^!=]+)(!=|==?)(.*)$/.exec(term) ?? [];
  if (sign === undefined) return (labels) => name in labels;
  return (labels) => (labels[name] === value) === (sign !== '!=');
}
