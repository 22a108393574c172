// A module that breaks its promises, for the sandbox's tests: what it does is the request's target. It is
// compiled without any library. HOSTILE_ABI is the version that it claims; HOSTILE_START makes it trap in
// _initialize.

#include <stddef.h>
#include <stdint.h>

#ifndef HOSTILE_ABI
#define HOSTILE_ABI 2
#endif

#define WASI(name) extern "C" __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))
#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

WASI(fd_write) uint32_t fd_write(uint32_t, const void*, uint32_t, uint32_t*);
WASI(random_get) uint32_t random_get(void*, uint32_t);
WASI(proc_exit) void proc_exit(uint32_t);
WASI(environ_sizes_get) uint32_t environ_sizes_get(uint32_t*, uint32_t*);

namespace {

constexpr uint32_t kDone = 1;
constexpr uint32_t kWaiting = 2;
constexpr uint32_t kOutside = 0xfffffff0;

struct Outcome {
  uint32_t state, record, record_size, body, body_size;
} outcome;

char input[65536];
char* room = input;
uint32_t input_size;
char output[256];
uint32_t output_size;
uint32_t count;
bool trap_at_end;
bool wait_again;
enum class AfterSend { respond, trap, loop, send, burn, outside } after_send;
bool buffer_outside;
bool begun;

template <class T>
uint32_t address(T* pointer) {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(pointer));
}

struct Text {
  const char* data;
  uint32_t size;
  bool operator==(const char* other) const {
    uint32_t i = 0;
    for (; i < size && other[i] != 0; ++i)
      if (data[i] != other[i]) return false;
    return i == size && other[i] == 0;
  }
};

Text text(const char* c_string) {
  uint32_t size = 0;
  while (c_string[size] != 0) ++size;
  return {c_string, size};
}

uint32_t read_u32(const char* at) {
  uint32_t value;
  __builtin_memcpy(&value, at, 4);
  return value;
}

Text target() {
  const uint32_t method = read_u32(room);
  const char* at = room + 4 + method;
  return {at + 4, read_u32(at)};
}

void put(uint32_t value) {
  __builtin_memcpy(output + output_size, &value, 4);
  output_size += 4;
}
void put(Text value) {
  put(value.size);
  for (uint32_t i = 0; i < value.size; ++i) output[output_size++] = value.data[i];
}

Outcome* say(uint32_t state, uint32_t body = 0, uint32_t body_size = 0) {
  outcome = {state, address(output), output_size, body, body_size};
  output_size = 0;
  return &outcome;
}

Outcome* respond(uint32_t status, uint32_t body = 0, uint32_t body_size = 0) {
  output_size = 0;
  put(status);
  put(0U);
  return say(kDone, body, body_size);
}

Outcome* respond(Text name, Text value) {
  output_size = 0;
  put(200U);
  put(1U);
  put(name);
  put(value);
  return say(kDone);
}

Outcome* number(uint32_t value) {
  static uint32_t shown;
  shown = value;
  return respond(200, address(&shown), 4);
}

Outcome* get(Text key) {
  put(1U);
  put(key);
  return say(kWaiting);
}

Outcome* send(AfterSend then = AfterSend::respond) {
  after_send = then;
  put(4U);
  put(2U);
  return say(kWaiting, address("batch"), 5);
}

Outcome* fetch(Text method, Text target, Text header = {"", 0}) {
  put(5U);
  put(method);
  put(target);
  put(header.size > 0 ? 1U : 0U);
  if (header.size > 0) {
    put(text("x-name"));
    put(header);
  }
  return say(kWaiting, address("body"), 4);
}

/// Some milliseconds.
void burn() {
  volatile uint32_t turns = 0;
  while (turns < 2'000'000) turns = turns + 1;
}

uint32_t log(Text line, uint32_t descriptor = 2) {
  uint32_t written = 0;
  return fd_write(descriptor, &line, 1, &written);
}

[[clang::noinline]] uint32_t recurse(uint32_t depth) {
  volatile uint32_t local = depth;
  return recurse(depth + 1) + local;
}

uint32_t grow() {
  while (__builtin_wasm_memory_grow(0, 1) != SIZE_MAX) {
  }
  return static_cast<uint32_t>(__builtin_wasm_memory_size(0));
}

Outcome* act() {
  const Text what = target();
  volatile uint32_t zero = 0;
  if (what == "/echo") return respond(200, address(room), input_size);
  if (what == "/count") return number(++count);
  if (what == "/loop")
    for (;;) asm volatile("");
  if (what == "/loop-memory")
    for (;;) __builtin_memset(output, static_cast<int>(++count), sizeof(output));
  if (what == "/loop-log")
    for (;;) log(text("info flood\n"));
  if (what == "/loop-random")
    for (;;) random_get(input, sizeof(input));
  if (what == "/recurse") return number(recurse(0));
  if (what == "/grow") return number(grow());
  if (what == "/grow-trap") {
    grow();
    __builtin_trap();
  }
  if (what == "/grow-touch") {
    const uint32_t pages = grow();
    for (uint32_t i = 2; i < pages; ++i) *reinterpret_cast<volatile char*>(i * 65536) = 1;
    return number(pages);
  }
  if (what == "/memory") {
    const uint32_t before = static_cast<uint32_t>(__builtin_wasm_memory_grow(0, 4));
    uint32_t dirty = 0;
    for (uint32_t i = before * 65536; i < (before + 4) * 65536; i += 4) {
      auto* word = reinterpret_cast<volatile uint32_t*>(i);
      if (*word != 0) ++dirty;
      *word = i;
    }
    return number(dirty);
  }
  if (what == "/outside") return number(*reinterpret_cast<volatile uint32_t*>(kOutside));
  if (what == "/outside-write") *reinterpret_cast<volatile uint32_t*>(kOutside) = 1;
  if (what == "/unreachable") __builtin_trap();
  if (what == "/divide") {
    volatile int32_t one = 1;
    volatile int32_t none = 0;
    return number(static_cast<uint32_t>(one / none));
  }
  if (what == "/indirect") {
    using Call = void (*)();
    Call volatile call = reinterpret_cast<Call>(12345);
    call();
  }
  if (what == "/wrong-type") {
    using Call = float (*)(float);
    Call volatile call = reinterpret_cast<Call>(reinterpret_cast<uintptr_t>(&recurse));
    return number(static_cast<uint32_t>(call(1)));
  }
  if (what == "/exit") proc_exit(0);
  if (what == "/outcome-outside") return reinterpret_cast<Outcome*>(kOutside);
  if (what == "/outcome-at-edge")
    return reinterpret_cast<Outcome*>(__builtin_wasm_memory_size(0) * 65536 - 19);
  if (what == "/record-outside") {
    outcome = {kDone, kOutside, 8, 0, 0};
    return &outcome;
  }
  if (what == "/record-huge") {
    outcome = {kDone, 0, 65537, 0, 0};
    return &outcome;
  }
  if (what == "/body-outside") return respond(200, 1024, 0x7fffffff);
  if (what == "/body-wraps") return respond(200, kOutside, 0x20);
  if (what == "/body-huge") return respond(200, 0, grow() * 65536);
  if (what == "/state") return say(7);
  if (what == "/state-nothing") return say(0);
  if (what == "/status") return respond(99);
  if (what == "/header-value") return respond(text("x-forged"), text("a\r\nset-cookie: b"));
  if (what == "/header-name") return respond(text("x forged"), text("a"));
  if (what == "/header-empty-name") return respond(text(""), text("a"));
  if (what == "/header-count") {
    put(200U);
    put(0xffffffffU);
    return say(kDone);
  }
  if (what == "/wait") {
    wait_again = true;
    return get(text("key"));
  }
  if (what == "/get") return get(text("key"));
  if (what == "/get-missing") return get(text("missing"));
  if (what == "/get-many") {
    put(2U);
    put(2U);
    put(text("key"));
    put(text("missing"));
    return say(kWaiting);
  }
  if (what == "/get-too-many") {
    put(2U);
    put(101U);
    return say(kWaiting);
  }
  if (what == "/put") {
    put(3U);
    put(text("key"));
    return say(kWaiting, address("value"), 5);
  }
  if (what == "/send") return send();
  if (what == "/send-trap") return send(AfterSend::trap);
  if (what == "/send-loop") return send(AfterSend::loop);
  if (what == "/send-again") return send(AfterSend::send);
  if (what == "/send-burn") return send(AfterSend::burn);
  if (what == "/send-answer-outside") return send(AfterSend::outside);
  if (what == "/send-outside") {
    put(4U);
    put(1U);
    return say(kWaiting, kOutside, 32);
  }
  if (what == "/send-cut") {
    put(4U);
    return say(kWaiting);
  }
  if (what == "/fetch") return fetch(text("PUT"), text("/livez?a"), text("value"));
  if (what == "/fetch-method") return fetch(text("G T"), text("/"));
  if (what == "/fetch-target") return fetch(text("GET"), text("/a b"));
  if (what == "/fetch-header") return fetch(text("GET"), text("/"), text("a\r\nb: c"));
  if (what == "/call-operation") {
    put(77U);
    return say(kWaiting);
  }
  if (what == "/call-cut") {
    put(1U);
    put(100U);
    return say(kWaiting);
  }
  if (what == "/call-empty") return say(kWaiting);
  if (what == "/answer-outside") {
    buffer_outside = true;
    return get(text("key"));
  }
  if (what == "/trap-at-end") {
    trap_at_end = true;
    return respond(200);
  }
  if (what == "/log") {
    log(text("info one\n"));
    log(text("warning two\nforged\n"));
    log(text("error three"));
    log(text("four"));
    return number(log(text("info five"), 1));
  }
  if (what == "/log-outside") return number(log({reinterpret_cast<const char*>(kOutside), 32}));
  if (what == "/log-list-outside") {
    uint32_t written = 0;
    return number(fd_write(2, reinterpret_cast<const void*>(kOutside), 0x20000001, &written));
  }
  if (what == "/random") {
    random_get(input, 16);
    return respond(200, address(input), 16);
  }
  if (what == "/random-outside") return number(random_get(reinterpret_cast<void*>(kOutside), 32));
  if (what == "/random-huge") return number(random_get(nullptr, 0xffffffff));
  if (what == "/environment") return number(environ_sizes_get(&count, &count));
  return respond(404 + zero);
}

}  // namespace

EXPORT(_initialize) void initialize() {
#ifdef HOSTILE_START
  __builtin_trap();
#endif
}
EXPORT(skerry_abi) uint32_t abi() {
  return HOSTILE_ABI;
}
EXPORT(skerry_configure) void configure(uint32_t) {
  count = read_u32(room);
}
EXPORT(skerry_open) uint32_t open() {
  return 1;
}
EXPORT(skerry_buffer) char* buffer(uint32_t, uint32_t size) {
  input_size = size;
  if (buffer_outside || (begun && after_send == AfterSend::outside)) return reinterpret_cast<char*>(kOutside);
  room = input;
  if (size > sizeof(input))
    room = reinterpret_cast<char*>(__builtin_wasm_memory_grow(0, size / 65536 + 1) * 65536);
  return room;
}
EXPORT(skerry_begin) Outcome* begin(uint32_t, double) {
  begun = true;
  return act();
}
EXPORT(skerry_resume) Outcome* resume(uint32_t, double) {
  switch (after_send) {
    case AfterSend::respond:
    case AfterSend::outside: break;
    case AfterSend::trap: __builtin_trap();
    case AfterSend::loop:
      for (;;) asm volatile("");
    case AfterSend::burn: burn(); [[fallthrough]];
    case AfterSend::send: return send(after_send);
  }
  return wait_again ? get(text("key")) : respond(200, address(room), input_size);
}
EXPORT(skerry_end) void end(uint32_t) {
  if (trap_at_end) __builtin_trap();
}
