#include "wasm-runtime/host/instance.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <new>

#include <sys/mman.h>

namespace skerry::sandbox {
namespace {

constexpr std::size_t kPage = 65536;
/// A request that touched more gives it back to the system; less is cheaper to overwrite.
constexpr std::size_t kKeptBytes = std::size_t{1} << 20U;
constexpr std::uint32_t kMaxLines = 32;
constexpr std::size_t kMaxLineBytes = 1000;

constinit thread_local Instance* executing [[gnu::tls_model("initial-exec")]] = nullptr;

Limits effective(Limits limits) {
  const std::size_t pages = std::min<std::size_t>(limits.memory_bytes / kPage, 65535);
  limits.memory_bytes = pages * kPage;
  return limits;
}

Error broken(std::string message) {
  return {"function_trapped", std::move(message)};
}

/// Most of a memory is as it was. To look is cheaper than to write, after which it would have to go back from
/// the processor's caches, too.
void clear(std::span<char> bytes) {
  constexpr std::size_t kPiece = 1024;
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(kPiece, bytes.size()));
    if (piece[0] != 0 || std::memcmp(piece.data(), piece.data() + 1, piece.size() - 1) != 0)
      std::memset(piece.data(), 0, piece.size());
    bytes = bytes.subspan(piece.size());
  }
}

std::string describe(Trap trap, const Limits& limits, std::chrono::milliseconds time) {
  switch (trap) {
    case Trap::none: break;
    case Trap::out_of_bounds: return "access outside its memory or table";
    case Trap::integer_overflow: return "integer overflow";
    case Trap::division_by_zero: return "division by zero";
    case Trap::invalid_conversion: return "conversion of NaN to an integer";
    case Trap::unreachable: return "unreachable code (abort)";
    case Trap::call_indirect: return "indirect call of no such function";
    case Trap::call_depth: return "call stack exhausted";
    case Trap::memory:
      return "memory of " + std::to_string(limits.memory_bytes) + " bytes is too little to start";
    case Trap::exit: return "proc_exit";
    case Trap::time: return "time budget of " + std::to_string(time.count()) + " ms used up";
  }
  return "no reason";
}

}  // namespace

Instance::Instance(const Function& function, const Limits& limits, Log& log)
    : function_(function),
      limits_(effective(limits)),
      log_(log),
      state_(std::make_unique<std::byte[]>(function.module->instance_size)) {
  void* addresses = mmap(nullptr, std::max(limits_.memory_bytes, kPage), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (addresses == MAP_FAILED) throw std::bad_alloc();
  block_ = {static_cast<char*>(addresses), limits_.memory_bytes};
}

Instance::~Instance() {
  munmap(block_.data(), std::max(limits_.memory_bytes, kPage));
}

Instance* Instance::current() {
  return executing;
}

Result<void> Instance::start(const abi::Settings& settings) {
  const skerry_module& module = *function_.module;
  module.load();
  tables_.clear();
  std::fill_n(state_.get(), module.instance_size, std::byte{0});
  clear_memory(0);
  if (auto done = execute([&] { return module.instantiate(state_.get(), &wasi_), 0; }); !done)
    return std::unexpected(done.error());
  if (auto done = execute([&] { return module.initialize(state_.get()), 0; }); !done)
    return std::unexpected(done.error());
  const auto version = execute([&] { return module.abi(state_.get()); });
  if (!version) return std::unexpected(version.error());
  if (*version != abi::kVersion)
    return std::unexpected(broken("version " + std::to_string(*version) + " of the boundary, not " +
                                  std::to_string(abi::kVersion)));
  const auto run = open();
  if (!run) return std::unexpected(run.error());
  const std::string record = abi::encode_settings(settings);
  const auto room = buffer(*run, record.size());
  if (!room) return std::unexpected(room.error());
  std::ranges::copy(record, room->begin());
  if (auto done = execute([&] { return module.configure(state_.get(), *run), 0; }); !done)
    return std::unexpected(done.error());
  if (auto done = end(*run); !done) return done;
  keep_image();
  started_ = true;
  return {};
}

void Instance::keep_image() {
  state_image_.assign(state_.get(), state_.get() + function_.module->instance_size);
  memory_image_.clear();
  const std::size_t size = memory().size;
  first_size_ = size;
  for (std::size_t at = 0; at < size; at += kGranule) {
    const std::span<const char> bytes = block_.subspan(at, kGranule);
    if (std::ranges::all_of(bytes, [](char byte) { return byte == 0; })) continue;
    std::ranges::copy(bytes, memory_image_.emplace_back(at).bytes.begin());
  }
  for (const auto& table : tables_) table->image = table->elements;
}

void Instance::reset() {
  if (!started_) return;
  std::size_t touched = memory().size;
  std::memcpy(state_.get(), state_image_.data(), state_image_.size());
  const std::size_t kept = std::max<std::size_t>(kKeptBytes, memory().size);
  if (touched > kept) {
    clear_memory(kept);
    touched = kept;
  }
  std::size_t at = 0;
  for (const Granule& granule : memory_image_) {
    clear(block_.subspan(at, granule.address - at));
    char* const bytes = block_.data() + granule.address;
    if (std::memcmp(bytes, granule.bytes.data(), kGranule) != 0)
      std::memcpy(bytes, granule.bytes.data(), kGranule);
    at = granule.address + kGranule;
  }
  clear(block_.subspan(at, touched - at));
  for (const auto& table : tables_) std::ranges::copy(table->image, table->elements.begin());
  lines_ = 0;
  memory_refused_ = false;
}

void Instance::clear_memory(std::size_t from) {
  madvise(block_.data() + from, block_.size() - from, MADV_DONTNEED);
}

Result<std::uint32_t> Instance::open() {
  return execute([&] { return function_.module->open(state_.get()); });
}

Result<std::span<char>> Instance::buffer(std::uint32_t run, std::size_t size) {
  if (size > limits_.memory_bytes)
    return fail(ErrorKind::too_large, "function_trapped", "a record is larger than its memory");
  const auto wanted = static_cast<std::uint32_t>(size);
  const auto address = execute([&] { return function_.module->buffer(state_.get(), run, wanted); });
  if (!address) return std::unexpected(address.error());
  auto room = view(*address, size);
  if (!room && memory_refused_) room.error().kind = ErrorKind::too_large;
  return room;
}

Result<abi::Outcome> Instance::begin(std::uint32_t run, double now) {
  return outcome(execute([&] { return function_.module->begin(state_.get(), run, now); }));
}

Result<abi::Outcome> Instance::resume(std::uint32_t run, double now) {
  return outcome(execute([&] { return function_.module->resume(state_.get(), run, now); }));
}

Result<void> Instance::end(std::uint32_t run) {
  const auto done = execute([&] { return function_.module->end(state_.get(), run), 0; });
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<abi::Outcome> Instance::outcome(Result<std::uint32_t> address) {
  if (!address) return std::unexpected(std::move(address).error());
  const auto bytes = view(*address, sizeof(abi::Outcome));
  if (!bytes) return std::unexpected(bytes.error());
  abi::Outcome value;
  std::memcpy(&value, bytes->data(), sizeof(value));
  return value;
}

Result<std::span<char>> Instance::view(std::uint32_t address, std::size_t size) {
  const std::size_t limit = memory().size;
  if (address > limit || size > limit - address)
    return std::unexpected(broken("named an address outside its memory"));
  return block_.subspan(address, size);
}

template <class F>
auto Instance::execute(F&& code) -> Result<std::invoke_result_t<F>> {
  struct Frame {
    F& code;
    std::invoke_result_t<F> result{};
  } frame{code};
  const auto call = [](void* argument) {
    auto& inner = *static_cast<Frame*>(argument);
    inner.result = inner.code();
  };
  if (!execute(call, &frame)) return std::unexpected(trapped());
  return frame.result;
}

bool Instance::execute(void (*code)(void*), void* argument) {
  trap_ = Trap::none;
  wasm_rt_call_stack_depth = WASM_RT_MAX_CALL_STACK_DEPTH - limits_.call_depth;
  executing = this;
  // The mask of signals is not saved: that would be a system call.
  if (sigsetjmp(wall_, 0) == 0) {
    enter();
    code(argument);
    leave();
  }
  executing = nullptr;
  return trap_ == Trap::none;
}

void Instance::enter() {
  set(inside_, true);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (overran()) trap(Trap::time);
}

bool Instance::overran() const {
  return __atomic_load_n(&inside_, __ATOMIC_RELAXED) && __atomic_load_n(&expired_, __ATOMIC_RELAXED);
}

void Instance::leave() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  set(inside_, false);
}

void Instance::trap(Trap trap) {
  leave();
  trap_ = trap;
  siglongjmp(wall_, 1);
}

Error Instance::trapped() const {
  auto error = broken(describe(trap_, limits_, time_));
  const bool out_of_memory = memory_refused_ && (trap_ == Trap::unreachable || trap_ == Trap::out_of_bounds);
  if (out_of_memory) error.message += ", after its memory was used up";
  if (out_of_memory || trap_ == Trap::time) error.kind = ErrorKind::too_large;
  return error;
}

void Instance::allocate(wasm_rt_memory_t& memory, std::uint32_t initial_pages, std::uint32_t max_pages) {
  const auto ceiling = static_cast<std::uint32_t>(limits_.memory_bytes / kPage);
  if (initial_pages > ceiling) trap(Trap::memory);
  memory = {.data = reinterpret_cast<std::uint8_t*>(block_.data()),
            .pages = initial_pages,
            .max_pages = std::min(max_pages, ceiling),
            .size = static_cast<std::uint32_t>(initial_pages * kPage)};
}

void Instance::allocate(wasm_rt_funcref_table_t& table, std::uint32_t elements) {
  table.data = outside([&] {
    tables_.push_back(std::make_unique<Table>());
    tables_.back()->elements.resize(elements);
    return tables_.back()->elements.data();
  });
  table.size = table.max_size = elements;
}

void Instance::log(std::string_view text) {
  if (++lines_ > kMaxLines) return;
  struct Prefix {
    std::string_view text;
    Log::Level level;
  };
  static constexpr Prefix kPrefixes[] = {
      {"info ", Log::Level::info}, {"warning ", Log::Level::warning}, {"error ", Log::Level::error}};
  Log::Level level = Log::Level::warning;
  for (const Prefix& prefix : kPrefixes) {
    if (!text.starts_with(prefix.text)) continue;
    level = prefix.level;
    text.remove_prefix(prefix.text.size());
    break;
  }
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string line(function_.name);
  line += ": ";
  line += text.substr(0, kMaxLineBytes);
  std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }, ' ');
  log_.write(level, line);
}

}  // namespace skerry::sandbox
