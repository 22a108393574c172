#ifndef SKERRY_MODULE_H
#define SKERRY_MODULE_H

/* The table through which the sandbox calls a translated module, one for each (module.c.in). `instance`
 * points to `instance_size` bytes that the sandbox owns. */

#include "wasm-runtime/host/wasm-rt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct Z_wasi_snapshot_preview1_instance_t;

struct skerry_module {
  size_t instance_size;
  /* Once in a process; more calls do nothing. */
  void (*load)(void);
  void (*instantiate)(void* instance, struct Z_wasi_snapshot_preview1_instance_t*);
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
