// What a PromQL expression reads: its series selectors. Not a parser: enough for the expressions of our dashboard and
// alerts, and it refuses what it does not know.

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

/** `by (a, b)`, `on (c)` and the like: label names, not metrics. */
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
const SELECTOR = /([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(?!\s*\()(?![\w:])/g;
const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);
const MATCHER = /^\s*(\w+)\s*(=~|!~|!=|=)\s*"([^"\\]*)"\s*$/;

/** In the order of the text. @throws Error for a matcher that it cannot read */
export function selectorsOf(expression: string): readonly Selector[] {
  const text = expression.replaceAll(GROUPING, ' ').replaceAll(/\[[^\]]*\]/g, ' ');
  return [...text.matchAll(SELECTOR)].flatMap(([, metric = '', braces = '{}']) => {
    if (WORDS.has(metric.toLowerCase())) return [];
    const inside = braces.slice(1, -1).trim();
    return [{ metric, matchers: inside === '' ? [] : inside.split(',').map(readMatcher) }];
  });
}

function readMatcher(text: string): Selector['matchers'][number] {
  const [, label, operator, value] = MATCHER.exec(text) ?? [];
  if (label === undefined || operator === undefined || value === undefined) {
    throw new Error(`promql: cannot read the matcher ${text}`);
  }
  return { label, operator, value };
}

/** Whether a sample, `name{a="b"}`, is one that the selector reads. */
export function selects({ metric, matchers }: Selector, sample: string): boolean {
  const [, name, labels = ''] = /^([\w:]+)(?:\{(.*)\})?$/.exec(sample) ?? [];
  if (name !== metric) return false;
  const values = new Map([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value]));
  return matchers.every(({ label, operator, value }) => {
    const own = values.get(label);
    if (own === undefined) return false;
    const isEqual = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(own) : own === value;
    return operator.startsWith('!') ? !isEqual : isEqual;
  });
}
