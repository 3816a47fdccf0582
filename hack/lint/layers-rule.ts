// nodefleet/layers: a file of src/ imports only what the table in layers.ts allows its layer. Covers import and export
// declarations, `import()` and `import('…')` types; a type counts like a value, unless the table says "types of". Files
// that exist only for tests are free in what they import, and nothing else may import them.
import { dirname, resolve } from 'node:path';

import { isTestCode, layerOf, mayUsePackage, type Layer } from './layers.ts';
import { fromTop, pathOf, textOf, type Rule } from './rule.ts';

type Report = (node: { range: [number, number] }, specifier: string | undefined, isTypeImport: boolean) => void;

export const layersRule: Rule = {
  create(context) {
    const path = pathOf(context);
    const layer = layerOf(path);
    if (layer === undefined || isTestCode(path)) return {};
    const check: Report = (node, specifier, isTypeImport) => {
      const message =
        specifier === undefined
          ? 'Write the imported module as a plain string: its layer cannot be checked otherwise.'
          : complaint(layer, path, specifier, isTypeImport);
      if (message !== undefined) context.report({ node, message });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source.value, node.importKind === 'type'),
      ExportAllDeclaration: (node) => check(node, node.source.value, node.exportKind === 'type'),
      ExportNamedDeclaration(node) {
        if (node.source !== null) check(node, node.source.value, node.exportKind === 'type');
      },
      ImportExpression: (node) => check(node, textOf(node.source), false),
      TSImportType: (node) => check(node, node.source.value, true),
    };
  },
};

/** What is wrong with an import, if anything is. */
function complaint(layer: Layer, path: string, specifier: string, isTypeImport: boolean): string | undefined {
  if (!specifier.startsWith('.')) {
    if (mayUsePackage(layer, path, specifier, isTypeImport)) return undefined;
    return `${path} (layer ${layer.name}) may not import ${specifier}; may: ${packagesOf(layer)} (hack/lint/layers.ts).`;
  }
  const target = fromTop(resolve(dirname(path), specifier));
  if (isTestCode(target)) return `${target} exists only for tests; move what ${path} needs out of it.`;
  const imported = layerOf(target);
  if (imported === undefined) return `${path} may not import ${target}: it is outside of src/.`;
  if (imported === layer || layer.imports.includes(imported.name)) return undefined;
  const allowed = layer.imports.join(', ') || 'no other layer';
  return `Layer ${layer.name} may not import layer ${imported.name}; it may import ${allowed} (hack/lint/layers.ts).`;
}

function packagesOf(layer: Layer): string {
  const grants = layer.packages.map(
    ({ name, isTypesOnly, file }) =>
      `${isTypesOnly ? 'types of ' : ''}${name}${file === undefined ? '' : ` in src/${file}`}`,
  );
  return grants.join(', ') || 'no package';
}
