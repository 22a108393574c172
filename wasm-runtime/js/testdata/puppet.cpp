// A module that does what the request's target says, good or bad; for host.test.mjs. Compiled without a
// library.

#include <stddef.h>
#include <stdint.h>

#define WASI(name) extern "C" __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))
#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

WASI(fd_write) uint32_t fd_write(uint32_t, const void*, uint32_t, uint32_t*);
WASI(random_get) uint32_t random_get(void*, uint32_t);
WASI(proc_exit) void proc_exit(uint32_t);
WASI(sock_accept) uint32_t sock_accept(uint32_t, uint32_t, uint32_t*);

extern "C" void* memcpy(void* to, const void* from, size_t size) {
  for (size_t i = 0; i < size; ++i) static_cast<char*>(to)[i] = static_cast<const char*>(from)[i];
  return to;
}

namespace {

constexpr uint32_t kDone = 1;
constexpr uint32_t kWaiting = 2;
constexpr uint32_t kPage = 65536;

char* next = nullptr;
uint32_t left = 0;

// Never frees, and grows by what it needs at the moment: now and then, any call replaces the memory.
char* allocate(uint32_t size) {
  size = (size + 15) & ~15u;
  if (size > left) {
    left = (size / kPage + 1) * kPage;
    next = reinterpret_cast<char*>(__builtin_wasm_memory_grow(0, left / kPage) * kPage);
  }
  char* memory = next;
  next += size;
  left -= size;
  return memory;
}

struct Text {
  const char* data;
  uint32_t size;

  bool is(const char* word) const {
    uint32_t i = 0;
    while (i < size && word[i] != 0 && data[i] == word[i]) ++i;
    return i == size && word[i] == 0;
  }
};

struct Out {
  char* data;
  uint32_t size = 0;

  Out& u32(uint32_t value) {
    memcpy(data + size, &value, 4);
    size += 4;
    return *this;
  }
  Out& bytes(Text text) {
    memcpy(data + size, text.data, text.size);
    size += text.size;
    return *this;
  }
  Out& str(Text text) { return u32(text.size).bytes(text); }
  template <size_t n>
  Out& str(const char (&text)[n]) {
    return str(Text{text, n - 1});
  }
};

struct Run {
  Text input;
  Text request;  // kept: the input is replaced by answers
  Text target;
  Text action;    // the target's first piece: `/get/latest` is `get` …
  Text argument;  // … and `latest`
  Out record;
  struct {
    uint32_t state, record, record_size, body, body_size;
  } outcome;
};

uint32_t get_u32(const char* at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return value;
}

template <class T>
uint32_t address(T* pointer) {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(pointer));
}

const void* show(Run* run, uint32_t state, Text body = {"", 0}) {
  run->outcome = {state, address(run->record.data), run->record.size, address(body.data), body.size};
  return &run->outcome;
}

const void* done(Run* run, Text body, uint32_t status = 200) {
  run->record.size = 0;
  run->record.u32(status).u32(2).str("Content-Type").str("text/plain").str("X-Run").str(run->target);
  return show(run, kDone, body);
}

const void* call(Run* run, uint32_t operation, Text key, Text body = {"", 0}) {
  run->record.size = 0;
  run->record.u32(operation).str(key);
  return show(run, kWaiting, body);
}

void log_line(const char* line) {
  uint32_t size = 0;
  while (line[size] != 0) ++size;
  const struct {
    uint32_t data, size;
  } vectors[2] = {{address(line), size}, {address("\n"), 1}};
  uint32_t written = 0;
  if (fd_write(2, vectors, 2, &written) != 0 || written != size + 1) __builtin_trap();
}

uint32_t runs_begun = 0;

}  // namespace

EXPORT(skerry_abi) uint32_t skerry_abi() {
  return PUPPET_ABI;
}
EXPORT(skerry_open) Run* skerry_open() {
  Run* run = reinterpret_cast<Run*>(allocate(sizeof(Run)));
  run->record = {allocate(4096)};
  return run;
}
EXPORT(skerry_buffer) const char* skerry_buffer(Run* run, uint32_t size) {
  run->input = {allocate(size), size};
  return run->input.data;
}
EXPORT(skerry_begin) const void* skerry_begin(Run* run, double) {
  ++runs_begun;
  run->request = run->input;
  const char* at = run->input.data;
  at += 4 + get_u32(at);
  run->target = {at + 4, get_u32(at)};
  uint32_t slash = 1;  // or question mark
  while (slash < run->target.size && run->target.data[slash] != '/' && run->target.data[slash] != '?')
    ++slash;
  run->action = {run->target.data + 1, slash - 1};
  run->argument = slash < run->target.size ? Text{run->target.data + slash + 1, run->target.size - slash - 1}
                                           : Text{"", 0};
  const Text action = run->action;
  if (action.is("echo")) return done(run, run->request);
  if (action.is("empty")) return done(run, {"", 0}, 204);
  if (action.is("count") || action.is("kept")) {  // how many runs this instance has seen
    run->record.data[100] = static_cast<char>('0' + runs_begun % 10);
    return done(run, {run->record.data + 100, 1});
  }
  if (action.is("get") || action.is("trap-later") || action.is("forever")) return call(run, 1, run->argument);
  if (action.is("get-raw")) return call(run, 1, {"\xff", 1});
  if (action.is("put")) return call(run, 3, run->argument, run->request);
  if (action.is("send")) {
    run->record.size = 0;
    run->record.u32(4).u32(3);
    return show(run, kWaiting, run->request);
  }
  if (action.is("origin") || action.is("origin-outside")) {
    run->record.size = 0;
    run->record.u32(5).str("PUT").str(action.is("origin") ? run->target : run->argument);
    run->record.u32(1).str("X-A").str("b");
    return show(run, kWaiting, {"asked", 5});
  }
  if (action.is("many") || action.is("many-101")) {
    run->record.size = 0;
    const uint32_t count = action.is("many") ? 3 : 101;
    run->record.u32(2).u32(count);
    for (uint32_t i = 0; i < count; ++i) {
      const char key = static_cast<char>('a' + i % 26);
      run->record.str(Text{&key, 1});
    }
    return show(run, kWaiting);
  }
  if (action.is("log")) {
    log_line("info puppet: all is well");
    log_line("warning puppet: take care");
    log_line("last words");
    return done(run, {"", 0});
  }
  if (action.is("random")) {
    char* bytes = allocate(200000);
    if (random_get(bytes, 200000) != 0) __builtin_trap();
    return done(run, {bytes, 200000});
  }
  if (action.is("socket")) {
    uint32_t ignored = 0;
    run->record.data[100] = static_cast<char>(sock_accept(3, 0, &ignored));
    return done(run, {run->record.data + 100, 1});
  }
  if (action.is("trap")) __builtin_trap();
  if (action.is("exit")) proc_exit(1);
  if (action.is("write-outside")) fd_write(2, reinterpret_cast<void*>(0xfffffff0), 1, nullptr);
  if (action.is("state")) return show(run, 7);
  if (action.is("outcome-outside")) return reinterpret_cast<void*>(0xfffffff0);
  if (action.is("record-outside")) {
    run->outcome = {kDone, 0xfffffff0, 0xfff, 0, 0};
    return &run->outcome;
  }
  if (action.is("body-outside")) {
    done(run, {"", 0});
    run->outcome.body_size = 0xffffffff;
    return &run->outcome;
  }
  if (action.is("record-cut")) {
    done(run, {"", 0});
    --run->outcome.record_size;
    return &run->outcome;
  }
  if (action.is("record-long")) {
    done(run, {"", 0});
    ++run->outcome.record_size;
    return &run->outcome;
  }
  if (action.is("many-fields")) {
    run->record.size = 0;
    run->record.u32(200).u32(0xffffffff);
    return show(run, kDone);
  }
  if (action.is("status")) return done(run, {"", 0}, 99);
  if (action.is("header")) {
    run->record.size = 0;
    run->record.u32(200).u32(1).str("X Y").str("a\r\nb");
    return show(run, kDone);
  }
  if (action.is("operation")) return call(run, 77, {"k", 1});
  if (action.is("trap-at-end")) return done(run, {"ok", 2});
  return done(run, {"?", 1}, 404);
}
EXPORT(skerry_resume) const void* skerry_resume(Run* run, double) {
  if (run->action.is("trap-later")) __builtin_trap();
  if (run->action.is("forever")) return call(run, 1, run->argument);
  return done(run, run->input);  // the answer record
}
EXPORT(skerry_end) void skerry_end(Run* run) {
  if (run->action.is("trap-at-end")) __builtin_trap();
}
EXPORT(skerry_body_id) uint32_t skerry_body_id(Run* run) {
  return run->action.is("kept") ? 7 : 0;
}
