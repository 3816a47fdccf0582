// nodefleet/generic-runtime: src/runtime works for any kind of object, so it never names NodeDeployment, neither in code
// nor in a string. Comments may.
import { layerOf } from './layers.ts';
import { pathOf, type Rule } from './rule.ts';

const forbidden = /node-?deployment/i;

export const genericRuntimeRule: Rule = {
  create(context) {
    if (layerOf(pathOf(context))?.name !== 'runtime') return {};
    // `{ name }` is one place in the text and two identifiers in the tree.
    const reported = new Set<number>();
    const check = (node: { range: [number, number] }, text: string) => {
      if (!forbidden.test(text) || reported.has(node.range[0])) return;
      reported.add(node.range[0]);
      context.report({
        node,
        message: `runtime never names NodeDeployment ("${text}"): take a Kind or a name as an argument.`,
      });
    };
    return {
      Identifier: (node) => check(node, node.name),
      PrivateIdentifier: (node) => check(node, node.name),
      Literal(node) {
        if (typeof node.value === 'string') check(node, node.value);
      },
      TemplateElement: (node) => check(node, node.value.raw),
    };
  },
};
