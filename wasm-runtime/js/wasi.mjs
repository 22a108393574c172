// The part of WASI preview 1 that a reactor may import (../abi/README.md, 'Imports').

const kSuccess = 0;
const kBadDescriptor = 8;
const kNotSupported = 52;
const kRandomChunk = 65536; // the most that one getRandomValues fills
const kLongestLine = 8192;

const decoder = new TextDecoder();

/// Splits `error latest: …` into its level and the rest; what has no level is a libc's last words.
function split_level(line) {
  const space = line.indexOf(' ');
  const level = line.slice(0, space);
  return level === 'info' || level === 'warning' || level === 'error'
    ? [level, line.slice(space + 1)]
    : ['error', line];
}

/// The imports that `module` asks for. `memory()` is called when an import is, not before; `log(level, line)`
/// takes what the module writes to its standard error.
export function wasi_imports(module, { memory, log }) {
  const view = () => new DataView(memory().buffer);
  const bytes = (address, size) => new Uint8Array(memory().buffer, address >>> 0, size >>> 0);

  const functions = {
    fd_write(descriptor, vectors, count, written) {
      if (descriptor !== 1 && descriptor !== 2) return kBadDescriptor;
      let line = '';
      let total = 0;
      for (let i = 0; i < count; ++i) {
        const at = (vectors >>> 0) + 8 * i;
        const size = view().getUint32(at + 4, true);
        if (line.length < kLongestLine)
          line += decoder.decode(bytes(view().getUint32(at, true), Math.min(size, kLongestLine)));
        total += size;
      }
      view().setUint32(written >>> 0, total, true);
      line = line.trimEnd();
      if (line !== '') log(...split_level(line));
      return kSuccess;
    },
    random_get(address, size) {
      const target = bytes(address, size);
      for (let at = 0; at < target.length; at += kRandomChunk)
        crypto.getRandomValues(target.subarray(at, at + kRandomChunk));
      return kSuccess;
    },
    environ_sizes_get(count, size) {
      view().setUint32(count >>> 0, 0, true);
      view().setUint32(size >>> 0, 0, true);
      return kSuccess;
    },
    environ_get: () => kSuccess,
    proc_exit(code) {
      throw new Error(`the module exited with status ${code}`);
    },
  };

  const wanted = WebAssembly.Module.imports(module).filter((entry) => entry.module === 'wasi_snapshot_preview1');
  const missing = (name) => (name.startsWith('fd_') ? () => kBadDescriptor : () => kNotSupported);
  return {
    wasi_snapshot_preview1: Object.fromEntries(
      wanted.map(({ name }) => [name, functions[name] ?? missing(name)]),
    ),
  };
}
