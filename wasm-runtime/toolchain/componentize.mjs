// componentize.mjs IN.wasm OUT.wasm: makes the wasi:http component of a core module, for `wasmtime serve` and the
// like. The WIT packages and the preview 1 adapter are those inside npm's @bytecodealliance/jco, found in
// SKERRY_NODE_MODULES.
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const kWasi = '0.2.12';
const kWorld = `package skerry:edge;
world edge {
  import wasi:http/types@${kWasi};
  import wasi:http/outgoing-handler@${kWasi};
  export wasi:http/incoming-handler@${kWasi};
}
`;

const [input, output] = process.argv.slice(2);
const modules = process.env.SKERRY_NODE_MODULES;
if (!input || !output || !modules) {
  console.error('usage: SKERRY_NODE_MODULES=… componentize.mjs IN.wasm OUT.wasm (source shared/tools/env first)');
  process.exit(2);
}

const jco = join(modules, '@bytecodealliance', 'jco');
const { componentEmbed, componentNew } = await import(pathToFileURL(join(jco, 'dist', 'api.js')));

// A WIT text holds several packages when each is written with braces.
const wit = join(jco, 'lib', 'wit', 'builtin', kWasi);
let world = kWorld;
for (const name of (await readdir(wit)).sort()) {
  const text = await readFile(join(wit, name, 'package.wit'), 'utf8');
  world += text.replace(/^package ([^;]+);/m, 'package $1 {') + '\n}\n';
}

const embedded = await componentEmbed({
  binary: await readFile(input),
  witSource: world,
  world: 'edge',
  stringEncoding: 'utf8',
});
const adapter = await readFile(join(jco, 'lib', 'wasi_snapshot_preview1.reactor.wasm'));
const component = await componentNew(embedded, [['wasi_snapshot_preview1', adapter]]);
await mkdir(dirname(output), { recursive: true });
await writeFile(`${output}.new`, component);
await rename(`${output}.new`, output);
