#include "shared/task.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "shared/error.hpp"

namespace skerry {
namespace {

/// Where tasks wait until the test lets them go on.
class Gate {
 public:
  explicit Gate(bool open = false) : open_(open) {}

  auto operator co_await() {
    struct Awaiter {
      Gate& gate;
      [[nodiscard]] bool await_ready() const noexcept { return gate.open_; }
      void await_suspend(std::coroutine_handle<> handle) { gate.waiting_.push_back(handle); }
      void await_resume() const noexcept {}
    };
    return Awaiter{*this};
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  void release(std::size_t which = 0) {
    const auto handle = waiting_[which];
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(which));
    handle.resume();
  }

 private:
  bool open_;
  std::vector<std::coroutine_handle<>> waiting_;
};

/// Counts how many of it are alive.
class Counted {
 public:
  explicit Counted(int& alive) : alive_(&alive) { ++*alive_; }
  Counted(const Counted& other) : alive_(other.alive_) { ++*alive_; }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --*alive_; }

 private:
  int* alive_;
};

template <class T>
T run(Task<T> task) {
  task.start();
  CHECK(task.done());
  return task.take();
}

Task<int> number(int value) {
  co_return value;
}

Task<int> sum_to(int n) {
  if (n == 0) co_return 0;
  co_return n + co_await sum_to(n - 1);
}

Task<void> append(std::string& out, char c) {
  out += c;
  co_return;
}

Task<void> append_all(std::string& out, std::string text) {
  for (const char c : text) co_await append(out, c);
}

TEST_CASE("results, nested") {
  CHECK(run(number(7)) == 7);
  CHECK(run(sum_to(100)) == 5'050);
  std::string out;
  run(append_all(out, "skerry"));
  CHECK(out == "skerry");
}

TEST_CASE("a task does nothing before it is started") {
  std::string out;
  {
    const Task<void> unused = append(out, 'x');
    CHECK_FALSE(unused.done());
  }
  CHECK(out.empty());
}

Task<std::unique_ptr<int>> boxed(int value) {
  co_return std::make_unique<int>(value);
}
Task<std::unique_ptr<int>> boxed_again(int value) {
  auto box = co_await boxed(value);
  ++*box;
  co_return box;
}
Task<Result<int>> found(bool well) {
  if (!well) co_return fail("missing", "it is missing");
  co_return 1;
}
Task<Result<void>> stored() {
  co_return {};
}
Task<Result<std::unique_ptr<std::string>>> converted() {
  co_return nullptr;
}

TEST_CASE("results that only move, errors and empty ones") {
  CHECK(*run(boxed_again(1)) == 2);
  CHECK(run(found(true)) == 1);
  CHECK(run(found(false)).error().code == "missing");
  CHECK(run(stored()).has_value());
  CHECK(run(converted()).value() == nullptr);
}

Task<int> through(Gate& gate, int value) {
  co_await gate;
  co_return value;
}

Task<int> three_turns(Gate& gate) {
  int sum = co_await through(gate, 1);
  sum += co_await number(10);
  sum += co_await through(gate, 100);
  co_await gate;
  co_return sum;
}

TEST_CASE("a suspended task goes on from the innermost frame") {
  Gate gate;
  Task<int> task = three_turns(gate);
  task.start();
  for (int turn = 0; turn < 3; ++turn) {
    CHECK_FALSE(task.done());
    CHECK(gate.waiting() == 1);
    gate.release();
  }
  CHECK(gate.waiting() == 0);
  CHECK(task.done());
  CHECK(task.take() == 111);

  Gate open(true);
  CHECK(run(three_turns(open)) == 111);
}

TEST_CASE("tasks that overlap finish in any order") {
  Gate gate;
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 3; ++i) {
    tasks.push_back(through(gate, i));
    tasks.back().start();
  }
  gate.release(1);
  CHECK(tasks[1].done());
  CHECK_FALSE(tasks[0].done());
  CHECK_FALSE(tasks[2].done());
  gate.release(1);
  gate.release(0);
  for (int i = 0; i < 3; ++i) CHECK(tasks[static_cast<std::size_t>(i)].take() == i);
}

TEST_CASE("a task may move while it is suspended") {
  Gate gate;
  Task<int> first = through(gate, 5);
  first.start();
  auto kept = std::make_unique<Task<int>>(std::move(first));
  Task<int> other = number(1);
  other = std::move(*kept);
  kept.reset();
  gate.release();
  CHECK(other.done());
  CHECK(other.take() == 5);
}

Task<int> holding(Gate& gate, int& alive, Counted) {
  const Counted local(alive);
  co_await gate;
  co_return 1;
}

Task<int> holding_deep(Gate& gate, int& alive, Counted, int depth) {
  const Counted local(alive);
  if (depth == 0) co_return co_await holding(gate, alive, local);
  co_return co_await holding_deep(gate, alive, local, depth - 1);
}

TEST_CASE("destroying a task destroys its frames and all that they hold") {
  int alive = 0;
  Gate gate;
  SUBCASE("before it is started") {
    const Task<int> task = holding_deep(gate, alive, Counted(alive), 3);
    CHECK(alive == 1);
  }
  SUBCASE("while it is suspended") {
    Task<int> task = holding_deep(gate, alive, Counted(alive), 3);
    task.start();
    CHECK(gate.waiting() == 1);
    CHECK(alive >= 10);  // at least two in each of five frames
  }
  SUBCASE("when it is done and nobody took its result") {
    Task<int> task = holding_deep(gate, alive, Counted(alive), 3);
    task.start();
    gate.release();
    CHECK(task.done());
  }
  CHECK(alive == 0);
}

Task<Counted> made(int& alive) {
  co_return Counted(alive);
}

TEST_CASE("a result lives as long as whoever took it") {
  int alive = 0;
  {
    const Counted taken = run(made(alive));
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}

/// Between the outermost frame and here. Not an address of a local: sanitizers keep those elsewhere.
std::uintptr_t stack_pointer() {
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

Task<void> note_stack(std::vector<std::uintptr_t>& seen, Gate& gate) {
  co_await gate;
  seen.push_back(stack_pointer());
}

Task<void> note_often(std::vector<std::uintptr_t>& seen, Gate& gate, int count) {
  for (int i = 0; i < count; ++i) co_await note_stack(seen, gate);
}

TEST_CASE("awaiting in a loop does not grow the stack, with or without tail calls") {
  constexpr int kCount = 100'000;
  std::vector<std::uintptr_t> seen;
  SUBCASE("tasks that end at once") {
    Gate open(true);
    run(note_often(seen, open, kCount));
  }
  SUBCASE("tasks that suspend") {
    Gate gate;
    Task<void> task = note_often(seen, gate, kCount);
    for (task.start(); !task.done();) gate.release();
  }
  CHECK(seen.size() == kCount);
  CHECK(seen.front() == seen.back());
}

#if defined(__cpp_exceptions)

Task<int> throwing(Gate& gate, int& alive, Counted) {
  const Counted local(alive);
  co_await gate;
  throw std::string("broken");
}

Task<int> passing_on(Gate& gate, int& alive) {
  co_return 1 + co_await throwing(gate, alive, Counted(alive));
}

Task<std::string> catching(Gate& gate, int& alive) {
  try {
    co_await passing_on(gate, alive);
  } catch (const std::string& what) {
    co_return what;
  }
  co_return "nothing";
}

TEST_CASE("an exception passes through the awaiting frames") {
  for (const bool open : {true, false}) {
    CAPTURE(open);
    int alive = 0;
    {
      Gate gate(open);
      Task<int> task = passing_on(gate, alive);
      Task<std::string> caught = catching(gate, alive);
      task.start();
      caught.start();
      while (gate.waiting() > 0) gate.release();
      CHECK(task.done());
      CHECK_THROWS_AS(task.take(), std::string);
      CHECK(caught.take() == "broken");
    }
    CHECK(alive == 0);
  }
}

Task<void> throwing_void() {
  throw 1;
  co_return;
}

TEST_CASE("a void task throws as well") {
  CHECK_THROWS_AS(run(throwing_void()), int);
}

#endif

}  // namespace
}  // namespace skerry
