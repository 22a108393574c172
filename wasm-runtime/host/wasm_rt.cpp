// The functions of wasm-rt.h.

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "wasm-runtime/host/instance.hpp"

using skerry::sandbox::Instance;
using skerry::sandbox::Trap;

extern "C" {

__thread std::uint32_t wasm_rt_call_stack_depth = 0;

void wasm_rt_trap(wasm_rt_trap_t code) {
  const Trap trap = [code] {
    switch (code) {
      case WASM_RT_TRAP_OOB: return Trap::out_of_bounds;
      case WASM_RT_TRAP_INT_OVERFLOW: return Trap::integer_overflow;
      case WASM_RT_TRAP_DIV_BY_ZERO: return Trap::division_by_zero;
      case WASM_RT_TRAP_INVALID_CONVERSION: return Trap::invalid_conversion;
      case WASM_RT_TRAP_CALL_INDIRECT: return Trap::call_indirect;
      case WASM_RT_TRAP_EXHAUSTION: return Trap::call_depth;
      case WASM_RT_TRAP_NONE:
      case WASM_RT_TRAP_UNREACHABLE: break;
    }
    return Trap::unreachable;
  }();
  Instance::current()->trap(trap);
}

#if SKERRY_WASM2C == 32
// The numbers are of the process: modules are loaded once in it, whatever sandbox they are for.
std::uint32_t wasm_rt_register_func_type(std::uint32_t params, std::uint32_t results, ...) {
  std::string signature = std::to_string(params) + ':';
  va_list types;
  va_start(types, results);
  for (std::uint32_t i = 0; i < params + results; ++i)
    signature += static_cast<char>('0' + va_arg(types, int));
  va_end(types);

  static std::mutex mutex;
  static std::vector<std::string> signatures;
  const std::lock_guard lock(mutex);
  const auto found = std::ranges::find(signatures, signature);
  const auto index = static_cast<std::uint32_t>(found - signatures.begin());
  if (found == signatures.end()) signatures.push_back(std::move(signature));
  return index + 1;
}

void wasm_rt_allocate_memory(wasm_rt_memory_t* memory, std::uint32_t initial_pages, std::uint32_t max_pages) {
  Instance::current()->allocate(*memory, initial_pages, max_pages);
}
#else
void wasm_rt_allocate_memory(wasm_rt_memory_t* memory, std::uint64_t initial_pages, std::uint64_t max_pages,
                             bool /*is64*/) {
  Instance::current()->allocate(*memory, static_cast<std::uint32_t>(initial_pages),
                                static_cast<std::uint32_t>(max_pages));
}
#endif

std::uint32_t wasm_rt_grow_memory(wasm_rt_memory_t* memory, std::uint32_t pages) {
  if (pages > memory->max_pages - memory->pages) {
    Instance::current()->note_refused_memory();
    return UINT32_MAX;
  }
  const std::uint32_t before = memory->pages;
  memory->pages += pages;
  memory->size = memory->pages * 65536;
  return before;
}

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t* table, std::uint32_t elements,
                                    std::uint32_t /*max_elements*/) {
  Instance::current()->allocate(*table, elements);
}

// The instance owns its memory and its tables.
void wasm_rt_free_memory(wasm_rt_memory_t* /*memory*/) {}
void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t* /*table*/) {}
}
