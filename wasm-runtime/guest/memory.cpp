/// The libc's own loops over bytes, in favour of WebAssembly's bulk memory instructions: what is called from
/// inside the precompiled libc++ gets there too. Compiled without link-time optimisation, which may lose such
/// symbols.

#include <cstddef>

#ifndef __wasm_bulk_memory__
#error "without bulk memory these call themselves"
#endif

extern "C" {

void* memcpy(void* to, const void* from, std::size_t size) {
  return __builtin_memcpy(to, from, size);
}
void* memmove(void* to, const void* from, std::size_t size) {
  return __builtin_memmove(to, from, size);
}
void* memset(void* to, int byte, std::size_t size) {
  return __builtin_memset(to, byte, size);
}
}
