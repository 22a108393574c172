#ifndef SKERRY_WASM_RT_H
#define SKERRY_WASM_RT_H

/* The runtime that C from wasm2c is compiled against, in place of wabt's own wasm-rt.h: the same names for
 * what that C uses, with the state of an execution kept per thread. Memory is always bounds-checked. A module
 * with exceptions, tail calls, externref tables, table.grow or a 64-bit memory does not link.
 *
 * SKERRY_WASM2C says whose C it is: 32 of wabt 1.0.32 (Debian 12), 36 of 1.0.36 (Debian 13). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define wasm_rt_memcpy __builtin_memcpy
#define wasm_rt_unreachable __builtin_unreachable

#if SKERRY_WASM2C == 32
#define WASM_RT_MEMCHECK_SIGNAL_HANDLER 0
#define WASM_RT_USE_STACK_DEPTH_COUNT 1
#elif SKERRY_WASM2C == 36
#define WASM_RT_MEMCHECK_GUARD_PAGES 0
#define WASM_RT_STACK_DEPTH_COUNT 1
#define WASM_RT_ALLOW_SEGUE 0
#define WASM_RT_SANITY_CHECKS 0
#else
#error "SKERRY_WASM2C is not defined: Translate.cmake does it"
#endif

/* The ceiling is a constant, so that a call costs one comparison; an execution with a ceiling of n calls
 * starts counting at this minus n. */
#define WASM_RT_MAX_CALL_STACK_DEPTH 0x7fffffffu
extern __thread uint32_t wasm_rt_call_stack_depth __attribute__((tls_model("initial-exec")));

typedef enum {
  WASM_RT_TRAP_NONE,
  WASM_RT_TRAP_OOB,
  WASM_RT_TRAP_INT_OVERFLOW,
  WASM_RT_TRAP_DIV_BY_ZERO,
  WASM_RT_TRAP_INVALID_CONVERSION,
  WASM_RT_TRAP_UNREACHABLE,
  WASM_RT_TRAP_CALL_INDIRECT,
  WASM_RT_TRAP_EXHAUSTION,
} wasm_rt_trap_t;

typedef enum {
  WASM_RT_I32,
  WASM_RT_I64,
  WASM_RT_F32,
  WASM_RT_F64,
  WASM_RT_FUNCREF,
  WASM_RT_EXTERNREF
} wasm_rt_type_t;

typedef void (*wasm_rt_function_ptr_t)(void);

#if SKERRY_WASM2C == 32
typedef uint32_t wasm_rt_func_type_t; /* from wasm_rt_register_func_type; 0: a null reference */
#else
typedef const char* wasm_rt_func_type_t; /* 32 bytes, a digest of the signature */
typedef struct wasm_rt_tailcallee_t {
  void (*fn)(void** instance, void* stack, struct wasm_rt_tailcallee_t* next);
} wasm_rt_tailcallee_t;
#endif

typedef struct {
  wasm_rt_func_type_t func_type;
  wasm_rt_function_ptr_t func;
#if SKERRY_WASM2C != 32
  wasm_rt_tailcallee_t func_tailcallee;
#endif
  void* module_instance;
} wasm_rt_funcref_t;
typedef void* wasm_rt_externref_t;

#ifndef __cplusplus
static const wasm_rt_funcref_t wasm_rt_funcref_null_value = {.func = NULL};
static const wasm_rt_externref_t wasm_rt_externref_null_value = NULL;
#endif

typedef struct {
  uint8_t* data;
  uint32_t pages, max_pages;
  uint32_t size; /* bytes */
} wasm_rt_memory_t;

typedef struct {
  wasm_rt_funcref_t* data;
  uint32_t max_size, size;
} wasm_rt_funcref_table_t;

typedef struct {
  wasm_rt_externref_t* data;
  uint32_t max_size, size;
} wasm_rt_externref_table_t;

static inline bool wasm_rt_is_initialized(void) {
  return true;
}

__attribute__((noreturn)) void wasm_rt_trap(wasm_rt_trap_t);

#if SKERRY_WASM2C == 32
/* The number of a signature, counted from 1: `params` and then `results` of wasm_rt_type_t follow. */
uint32_t wasm_rt_register_func_type(uint32_t params, uint32_t results, ...);

void wasm_rt_allocate_memory(wasm_rt_memory_t*, uint32_t initial_pages, uint32_t max_pages);
#else
void wasm_rt_allocate_memory(wasm_rt_memory_t*, uint64_t initial_pages, uint64_t max_pages, bool is64);
#endif
/* The former number of pages, or UINT32_MAX where the ceiling forbids it. The memory does not move. */
uint32_t wasm_rt_grow_memory(wasm_rt_memory_t*, uint32_t pages);
void wasm_rt_free_memory(wasm_rt_memory_t*);
void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t*, uint32_t elements, uint32_t max_elements);
void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t*);

#ifdef __cplusplus
}
#endif

#endif
