import { existsSync, readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { placeOf, production, root, type Source, walk } from './sources.js';

const fileLinesMax = 300;
const functionLinesMax = 70;
const constructorParametersMax = 5;

function found(check: (source: Source, node: ts.Node) => boolean): string[] {
  const places: string[] = [];
  for (const source of production) {
    walk(source.tree, (node) => {
      if (check(source, node)) places.push(placeOf(source, node));
    });
  }
  return places;
}

function linesOf({ tree }: Source, node: ts.Node): number {
  const lineAt = (position: number) => tree.getLineAndCharacterOfPosition(position).line;
  return lineAt(node.getEnd()) - lineAt(node.getStart()) + 1;
}

describe('style', () => {
  it('keeps files short', () => {
    const long = production.filter(({ text }) => text.trimEnd().split('\n').length > fileLinesMax);
    expect(long.map(({ file }) => file)).toEqual([]);
  });

  it('keeps functions short', () => {
    const long = found((source, node) => ts.isFunctionLike(node) && linesOf(source, node) > functionLinesMax);
    expect(long).toEqual([]);
  });

  it('keeps constructors small', () => {
    const large = found(
      (_, node) => ts.isConstructorDeclaration(node) && node.parameters.length > constructorParametersMax,
    );
    expect(large).toEqual([]);
  });

  it('has no any, no suppressed type errors, no forward references, no globals of Nest', () => {
    expect(found((_, node) => node.kind === ts.SyntaxKind.AnyKeyword)).toEqual([]);
    const hidden = production.filter(({ text }) =>
      /@ts-(ignore|nocheck|expect-error)|\bforwardRef\b|@Global\(|\bModuleRef\b/.test(text),
    );
    expect(hidden.map(({ file }) => file)).toEqual([]);
  });

  it('reads the wall clock in one place', () => {
    const readers = production.filter(({ text }) => /\bDate\.now\b|new Date\(\)|\bDate\(\)/.test(text));
    expect(readers.map(({ file }) => file)).toEqual(['libs/clock/src/index.ts']);
  });

  it('reads the environment in one place', () => {
    const readers = production.filter(
      ({ file, text }) => /\bprocess\.env\b/.test(text) && !file.startsWith('libs/config/'),
    );
    expect(readers.map(({ file }) => file)).toEqual([]);
  });

  it('names every app to Nest', () => {
    // What apps share is none itself.
    const apps = readdirSync(`${root}apps`).filter((name) => name !== 'platform');
    const { projects } = JSON.parse(readFileSync(`${root}nest-cli.json`, 'utf8'));
    expect(Object.keys(projects).sort()).toEqual(apps.sort());
    for (const name of apps) {
      const { sourceRoot, entryFile } = projects[name];
      expect(projects[name]).toMatchObject({ root: `apps/${name}`, sourceRoot: `apps/${name}/src` });
      expect(existsSync(`${root}${sourceRoot}/${entryFile}.ts`), name).toBe(true);
    }
  });

  it('has no folders for kinds of code', () => {
    const kinds = /\/(common|shared|utils?|helpers?|dto|entities|services|interfaces|types?)\//;
    const named = production.filter(({ file }) => kinds.test(file) && !file.startsWith('libs/events/src/types/'));
    expect(named.map(({ file }) => file)).toEqual([]);
  });
});
