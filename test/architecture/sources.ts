import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The folder of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL('../../', import.meta.url));
const isTest = (file: string): boolean => /\.spec\.ts$|\/(testing|contract)\//.test(file);

export interface Import {
  /** As written. */
  from: string;
  /** The file of this repository that it is; null: a package, or none of ours. */
  file: string | null;
  /** Names taken; null where all are (`import *`, `export *`, `import()`), or none (`import './x.js'`). */
  names: readonly string[] | null;
  /** Those of the names that are not marked as types. */
  values: readonly string[];
  typeOnly: boolean;
}

/** A source file, by its path from the root. */
export interface Source {
  file: string;
  text: string;
  tree: ts.SourceFile;
  imports: readonly Import[];
}

/** All TypeScript of apps, libraries, migrations and tests. */
export const sources: ReadonlyMap<string, Source> = new Map(
  globSync('{apps,libs,migrations,test}/**/*.ts', { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
    .map((file) => [file, readSource(file)]),
);

/** What runs in production: no specs, and nothing that only specs use. */
export const production: readonly Source[] = [...sources.values()].filter(
  ({ file }) => !isTest(file) && !file.startsWith('test/'),
);

function readSource(file: string): Source {
  const text = readFileSync(`${root}${file}`, 'utf8');
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2024, true);
  const imports: Import[] = [];
  walk(tree, (node) => {
    const found = importOf(node);
    if (found) imports.push({ ...found, file: resolve(file, found.from) });
  });
  return { file, text, tree, imports };
}

function importOf(node: ts.Node): Omit<Import, 'file'> | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const bindings = node.importClause?.namedBindings;
    const named = bindings && ts.isNamedImports(bindings) ? bindings.elements : null;
    return { from: node.moduleSpecifier.text, ...namesOf(named, node.importClause?.isTypeOnly === true) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    const named = node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : null;
    return { from: node.moduleSpecifier.text, ...namesOf(named, node.isTypeOnly) };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [from] = node.arguments;
    return ts.isStringLiteral(from) ? { from: from.text, ...namesOf(null, false) } : undefined;
  }
  return undefined;
}

function namesOf(
  elements: ts.NodeArray<ts.ImportSpecifier> | ts.NodeArray<ts.ExportSpecifier> | null,
  typesOnly: boolean,
): Pick<Import, 'names' | 'values' | 'typeOnly'> {
  const named = [...(elements ?? [])].map(({ name, propertyName, isTypeOnly }) => ({
    name: (propertyName ?? name).text,
    isType: typesOnly || isTypeOnly,
  }));
  return {
    names: elements && named.map(({ name }) => name),
    values: named.filter(({ isType }) => !isType).map(({ name }) => name),
    typeOnly: typesOnly || (named.length > 0 && named.every(({ isType }) => isType)),
  };
}

function resolve(importer: string, from: string): string | null {
  if (from.startsWith('#libs/')) return `${from.slice(1)}/src/index.ts`;
  if (!from.startsWith('.')) return null;
  return posix.join(posix.dirname(importer), from).replace(/\.js$/, '.ts');
}

/** Every node of a tree, parents first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => walk(child, visit));
}

/** `file:line`, for telling where. */
export function placeOf(source: Source, node: ts.Node): string {
  return `${source.file}:${source.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}
