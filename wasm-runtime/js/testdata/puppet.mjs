// Compiles puppet.cpp, the module of the tests.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { kVersion } from '../abi.mjs';

export function compile_puppet(version = kVersion) {
  const folder = mkdtempSync(join(tmpdir(), 'skerry-puppet-'));
  try {
    const wasm = join(folder, 'puppet.wasm');
    execFileSync(process.env.SKERRY_WASM_CXX ?? 'clang++-19', [
      ...['--target=wasm32', '-nostdlib', '-O1', '-std=c++23', '-fno-exceptions', '-fno-builtin', '-Wl,--no-entry'],
      ...[`-DPUPPET_ABI=${version}`, '-o', wasm, join(import.meta.dirname, 'puppet.cpp')],
    ]);
    return new WebAssembly.Module(readFileSync(wasm));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
