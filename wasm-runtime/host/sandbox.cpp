#include "wasm-runtime/host/sandbox.hpp"

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

#include "wasm-runtime/host/pool.hpp"
#include "wasm-runtime/host/record.hpp"
#include "wasm-runtime/host/run.hpp"
#include "wasm-runtime/host/waiting.hpp"

namespace skerry::sandbox {
namespace {

constexpr std::size_t kMaxPathInLog = 200;
// A query of more is an input, too.
constexpr std::size_t kShortTarget = 1024;
constexpr std::size_t kDeflateRatio = 1032;
// What a small request touches of the memory that its module begins with.
constexpr std::size_t kUsualBytes = std::size_t{64} * 1024;
constexpr std::size_t kMebibyte = std::size_t{1} << 20U;

/// What the function may have to read, inflated.
std::size_t input_size(const Function& function, const Request& request) {
  const auto target = request.target.size() > kShortTarget ? request.target.size() : 0;
  const auto inflated = std::min(request.body.size(), function.max_body / kDeflateRatio + 1) * kDeflateRatio;
  return std::max(request.body.size() + target, std::min(inflated, function.max_body));
}

/// For the log: no query, since that may be personal, and nothing that could forge a line.
std::string describe(const Request& request) {
  std::string line = request.method + " " + std::string(request.path().substr(0, kMaxPathInLog));
  std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }, '?');
  return line;
}

Response try_again(std::string_view code, std::string_view message) {
  auto response = error_response(503, code, message);
  response.headers.set("Retry-After", "1");
  return response;
}

}  // namespace

struct Sandbox::Impl : std::enable_shared_from_this<Impl> {
  using Answer = std::variant<Result<void>, Result<Response>>;

  Impl(Limits l, Ports p)
      : limits(l),
        ports(std::move(p)),
        waiting(limits.waiting, limits.waiting_bytes),
        pool(limits, ports.log, [this] { end_overdue(); }) {}

  Result<std::shared_ptr<Instance>> take(const Function& function, std::size_t input = 0) {
    const auto more = limits.time_per_mebibyte * static_cast<std::int64_t>(input) / kMebibyte;
    auto instance =
        pool.take(function, limits.time + std::chrono::duration_cast<std::chrono::milliseconds>(more));
    if (instance->started()) return instance;
    if (auto started = instance->start(ports.settings); !started) return std::unexpected(started.error());
    return instance;
  }

  void run(const Function& function, const Request& request, Caller caller) {
    auto instance = take(function, input_size(function, request));
    if (!instance)
      return caller.answer(respond(function, request, std::unexpected(std::move(instance).error())));
    Run run(pool, *std::move(instance), limits, ports);
    if (auto ended = run.begin(request)) return caller.answer(respond(function, request, *std::move(ended)));
    wait(std::make_unique<Suspended>(shared_from_this(), std::move(run), std::move(caller), &function,
                                     &request));
  }

  /// The run is over for this turn. From here on it may be taken by whoever has the answer.
  void wait(std::unique_ptr<Suspended> suspended) {
    auto call = suspended->run.take_wait();
    pool.pause(suspended->run.instance());
    suspended->deadline = std::chrono::steady_clock::now() + limits.wait_time;
    suspended->bytes = kUsualBytes + suspended->run.instance().grown_bytes();
    const auto to = suspended->caller.events;
    const auto id = waiting.add(suspended);
    if (!id) {
      suspended->caller.answer(try_again("function_busy", "Too many requests wait; try again."));
    } else if (auto* send = std::get_if<abi::EventsSend>(&call)) {
      auto& events = to != nullptr ? *to : *ports.events;
      events.send(std::move(send->batch), send->count,
                  [token = Token(*this, *id, "events_unavailable")](Result<void> done) mutable {
                    token.give(std::move(done));
                  });
    } else {
      ports.origin->fetch(std::get<abi::OriginFetch>(std::move(call)).request,
                          [token = Token(*this, *id, "origin_unreachable")](Result<Response> done) mutable {
                            token.give(std::move(done));
                          });
    }
  }

  /// What a port answers with. One that is dropped answers that it failed.
  class Token {
   public:
    Token(Impl& sandbox, std::uint64_t id, const char* failure)
        : sandbox_(sandbox.shared_from_this()), id_(id), failure_(failure) {}
    Token(Token&&) noexcept = default;
    Token& operator=(Token&&) = delete;
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;
    ~Token() {
      if (sandbox_) give(Result<void>(fail(failure_, "There was no answer.")));
    }
    void give(Answer answer) {
      if (const auto sandbox = std::exchange(sandbox_, nullptr)) sandbox->go_on(id_, std::move(answer));
    }

   private:
    std::shared_ptr<Impl> sandbox_;
    std::uint64_t id_;
    const char* failure_;
  };

  void go_on(std::uint64_t id, Answer answer) {
    auto suspended = waiting.take(id);
    if (!suspended) return;
    auto& post = suspended->caller.post;
    post([this, suspended = std::move(suspended), answer = std::move(answer)]() mutable {
      resume(std::move(suspended), answer);
    });
  }

  void resume(std::unique_ptr<Suspended> suspended, const Answer& answer) {
    Run& run = suspended->run;
    pool.go_on(run.instance());
    auto ended = run.resume(std::visit([](const auto& result) { return encode(result); }, answer));
    if (!ended) return wait(std::move(suspended));
    auto response = respond(*suspended->function, *suspended->request, *std::move(ended));
    suspended->caller.answer(std::move(response));
  }

  Response respond(const Function& function, const Request& request, Result<Response> response) const {
    if (response) return *std::move(response);
    if (response.error().kind == ErrorKind::too_large && input_size(function, request) > 0) {
      report(function, request, response.error().message, Log::Level::warning);
      return error_response(413, "input_too_large", "This is more than the function can work on.");
    }
    report(function, request, response.error().message);
    return error_response(500, response.error().code, "The function failed; the operator's log says why.");
  }

  void report(const Function& function, const Request& request, std::string_view what,
              Log::Level level = Log::Level::error) const {
    ports.log.write(level, std::string(function.name) + ": " + describe(request) + ": " + std::string(what));
  }

  void end_overdue() {
    for (auto& suspended : waiting.take_overdue(std::chrono::steady_clock::now())) {
      report(*suspended->function, *suspended->request, "waited too long");
      suspended->caller.answer(try_again("function_timeout", "The function waited too long; try again."));
    }
  }

  Limits limits;
  Ports ports;
  Waiting waiting;
  Pool pool;
};

int Sandbox::time_signal() {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  return SIGTRAP;  // the thread sanitizer holds back others until the thread calls into libc
#endif
#endif
  return SIGRTMIN + 3;
}

Sandbox::Sandbox(Limits limits, Ports ports) : impl_(std::make_shared<Impl>(limits, std::move(ports))) {}

Sandbox::~Sandbox() {
  impl_->pool.stop_watching();
  impl_->waiting.close();
}

Result<void> Sandbox::start(const Function& function) {
  auto instance = impl_->take(function);
  if (!instance) return std::unexpected(std::move(instance).error());
  return {};
}

void Sandbox::run(const Function& function, const Request& request, Caller caller) {
  impl_->run(function, request, std::move(caller));
}

Response Sandbox::run(const Function& function, const Request& request) {
  struct Desk {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Work> work;
    std::optional<Response> response;
  };
  const auto desk = std::make_shared<Desk>();
  run(function, request,
      {.answer =
           [desk](Response response) {
             const std::lock_guard lock(desk->mutex);
             desk->response = std::move(response);
             desk->changed.notify_one();
           },
       .post =
           [desk](Work work) {
             const std::lock_guard lock(desk->mutex);
             desk->work.push_back(std::move(work));
             desk->changed.notify_one();
           }});
  std::unique_lock lock(desk->mutex);
  while (!desk->response) {
    desk->changed.wait(lock, [&] { return desk->response || !desk->work.empty(); });
    auto work = std::exchange(desk->work, {});
    lock.unlock();
    for (Work& one : work) one();
    lock.lock();
  }
  return *std::move(desk->response);
}

std::size_t Sandbox::waiting() const {
  return impl_->waiting.size();
}

std::size_t Sandbox::instances() const {
  return impl_->pool.size();
}

}  // namespace skerry::sandbox
