/**
 * Declarations of modules.
 *
 * @module
 */

import ts from "typescript";

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  lib: ["lib.esnext.d.ts"],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  declaration: true,
  emitDeclarationOnly: true,
};

/**
 * Writes what the entries declare, and all that it names, under a folder: `src/map/map.d.ts` for `src/map/map.ts`. Types are not
 * checked: every export has its own (`isolatedDeclarations`), so that nothing has to be known of runtimes and packages.
 */
export function writeDeclarations(root: string, entries: readonly string[], folder: string): void {
  const options = { ...OPTIONS, rootDir: root, outDir: folder };
  const program = ts.createProgram(entries.map((path) => `${root}${path}`), options);
  program.emit(undefined, (path, text) => {
    ts.sys.writeFile(path, text.replace(RELATIVE, (all) => `${all.slice(0, -'.ts"'.length)}.js"`));
  });
}

/** What a declaration imports of this package. */
const RELATIVE = /(?:\bfrom |\bimport ?\(?)"\.[^"]*\.ts"/g;
