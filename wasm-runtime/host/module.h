#ifndef SKERRY_MODULE_H
#define SKERRY_MODULE_H

/* The table through which the sandbox calls a translated module, one for each (module.c.in). `instance`
 * points to `instance_size` bytes that the sandbox owns. */

#include "wasm-runtime/host/wasm-rt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The names in the C of wasm2c: of a module's struct, of a module's own functions and exports, and of the
 * struct and functions that it imports. */
#if SKERRY_WASM2C == 32
#define SKERRY_INSTANCE(module) Z_##module##_instance_t
#define SKERRY_INSTANTIATE(module) Z_##module##_instantiate
#define SKERRY_EXPORT(module, name) Z_##module##Z_##name
#define SKERRY_EXPORT_INITIALIZE(module) Z_##module##Z__initialize
#define SKERRY_WASI Z_wasi_snapshot_preview1_instance_t
#define SKERRY_IMPORT(name) Z_wasi_snapshot_preview1Z_##name
#else
#define SKERRY_INSTANCE(module) w2c_##module
#define SKERRY_INSTANTIATE(module) wasm2c_##module##_instantiate
#define SKERRY_EXPORT(module, name) w2c_##module##_##name
#define SKERRY_EXPORT_INITIALIZE(module) w2c_##module##_0x5Finitialize
#define SKERRY_WASI w2c_wasi__snapshot__preview1
#define SKERRY_IMPORT(name) w2c_wasi__snapshot__preview1_##name
#endif

struct SKERRY_WASI;

struct skerry_module {
  size_t instance_size;
  /* Once in a process; more calls do nothing. */
  void (*load)(void);
  void (*instantiate)(void* instance, struct SKERRY_WASI*);
  wasm_rt_memory_t* (*memory)(void* instance);

  /* The exports of wasm-runtime/abi. */
  void (*initialize)(void* instance);
  uint32_t (*abi)(void* instance);
  void (*configure)(void* instance, uint32_t run);
  uint32_t (*open)(void* instance);
  uint32_t (*buffer)(void* instance, uint32_t run, uint32_t size);
  uint32_t (*begin)(void* instance, uint32_t run, double now);
  uint32_t (*resume)(void* instance, uint32_t run, double now);
  void (*end)(void* instance, uint32_t run);
};

#ifdef __cplusplus
}
#endif

#endif
