#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace skerry {

/// A lazily started coroutine with one result.
///
/// `co_await task` starts it and resumes the awaiting coroutine when it is done; a task that ends without
/// suspending costs no stack, however many are awaited in a row. A driver that is not a coroutine calls
/// `start()`, and `take()` once `done()` is true; between the two the frame waits on the heap for whoever
/// holds the handle that it suspended with. Destroying an unfinished task destroys its frame and those it
/// awaits. Move-only; not thread-safe.
///
/// Where exceptions are enabled, one that leaves the coroutine is rethrown by `take()` or the `co_await`.
template <class T>
class [[nodiscard]] Task {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  /// Runs to the first suspension or to the end. Call once.
  void start() { handle_.resume(); }
  [[nodiscard]] bool done() const { return handle_.done(); }
  /// The result of a task that is done. Call once.
  T take() { return handle_.promise().take(); }

  auto operator co_await() && noexcept {
    struct Awaiter {
      Handle handle;
      bool await_ready() const noexcept { return false; }
      // A transfer to the task and back would grow the stack of WebAssembly, which has no tail calls, with
      // every task that ends at once: the waiter goes on from here instead.
      bool await_suspend(std::coroutine_handle<> waiter) {
        handle.resume();
        if (handle.done()) return false;
        handle.promise().waiter = waiter;
        return true;
      }
      T await_resume() { return handle.promise().take(); }
    };
    return Awaiter{handle_};
  }

 private:
  explicit Task(Handle handle) : handle_(handle) {}
  Handle handle_;
};

namespace detail {

struct TaskFinal {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    auto waiter = handle.promise().waiter;
    return waiter ? waiter : std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

template <class T>
struct TaskPromise {
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  std::coroutine_handle<> waiter;
  std::optional<Value> value;
#if defined(__cpp_exceptions)
  std::exception_ptr exception;
  void unhandled_exception() { exception = std::current_exception(); }
#else
  void unhandled_exception() noexcept { std::terminate(); }
#endif

  std::suspend_always initial_suspend() const noexcept { return {}; }
  TaskFinal final_suspend() const noexcept { return {}; }

  T take() {
#if defined(__cpp_exceptions)
    if (exception) std::rethrow_exception(exception);
#endif
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access): a task that is done has its value
    if constexpr (!std::is_void_v<T>) return std::move(*value);
  }
};

}  // namespace detail

template <class T>
struct Task<T>::promise_type : detail::TaskPromise<T> {
  Task get_return_object() { return Task(Handle::from_promise(*this)); }
  template <std::convertible_to<T> U = T>
  void return_value(U&& result) {
    this->value.emplace(std::forward<U>(result));
  }
};

template <>
struct Task<void>::promise_type : detail::TaskPromise<void> {
  Task get_return_object() { return Task(Handle::from_promise(*this)); }
  void return_void() const noexcept {}
};

}  // namespace skerry
