#include "native-host/broker/fetch.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string_view>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "native-host/curl/easy.hpp"
#include "shared/url.hpp"

namespace skerry::broker {
namespace {

ErrorKind kind_of_status(long status) {
  if (status == 404) return ErrorKind::not_found;
  if (status == 401 || status == 403) return ErrorKind::denied;
  return status >= 500 || status == 429 ? ErrorKind::unavailable : ErrorKind::failed;
}

using std::chrono::milliseconds;

constexpr milliseconds kLongestPoll{200};  ///< how late the end of the run's time may be noticed
constexpr std::size_t kLongestValidator = 512;
constexpr long kSilence = 100;  ///< bytes in a second that are as good as none
constexpr long kRedirects = 5;
constexpr std::chrono::seconds kLongestPause = std::chrono::hours(24);

/// One request on its way, over all its attempts.
struct Transfer {
  FetchRequest request;
  int attempt = 0;
  std::size_t max_body = 0;
  bool body_too_large = false;
  std::string body;
  std::optional<curl::Easy> easy;  ///< during an attempt; points at what is above

  [[nodiscard]] bool is_conditional() const {
    return !request.etag.empty() || !request.last_modified.empty();
  }
};

struct Host {
  std::deque<std::unique_ptr<Transfer>> waiting;
  std::size_t active = 0;
  int failures = 0;               ///< in a row, without any answer
  std::optional<Error> given_up;  ///< why
  Time::duration paused_until{};  ///< of the clock's uptime, as are all times here
};

/// The part of a URL that one server answers for; all of what is none.
std::string origin_of(const std::string& url) {
  const auto parsed = Url::parse(url);
  return parsed ? parsed->origin() : url;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.body.size() + size > transfer.max_body) {
    transfer.body_too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  transfer.body.append(data, size);
  return size;
}

std::string header_of(CURL* easy, const char* name) {
  curl_header* header = nullptr;
  if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return {};
  const std::string_view value = header->value;
  return std::string(value.size() > kLongestValidator ? "" : value);
}

bool is_retryable_status(long status) {
  return status == 408 || status == 429 || (status >= 500 && status != 501);
}

struct Attempt {
  Result<FetchResponse> result;
  bool retry = false;
  bool host_failed = false;  ///< could not be reached, or was silent
  milliseconds retry_after{0};
  bool asks_for_pause = false;  ///< where there is a `retry_after`: to all of the host
};

Error delayed(const std::string& origin, Time until) {
  return {"delayed",
          origin + " asked to be left alone until " +
              format_rfc3339(std::chrono::ceil<std::chrono::seconds>(until)) + " (Retry-After).",
          ErrorKind::unavailable};
}

Attempt judge(Transfer& transfer, CURLcode code) {
  const auto& easy = *transfer.easy;
  if (transfer.body_too_large) {
    return {.result = fail("body_too_large",
                           "The answer is larger than " + std::to_string(transfer.max_body) + " bytes.")};
  }
  if (code != CURLE_OK) {
    using curl::Fault;
    const auto fault = easy.fault_of(code);
    auto error = easy.error_of(code);
    const bool host_failed = fault == Fault::timeout || fault == Fault::unreachable;
    if (!host_failed) error.code = "fetch_failed";
    return {.result = std::unexpected(std::move(error)),
            .retry = host_failed || fault == Fault::lost,
            .host_failed = host_failed};
  }
  const auto status = easy.info<long>(CURLINFO_RESPONSE_CODE);
  if (status != 200 && !(status == 304 && transfer.is_conditional())) {
    return {.result = fail(kind_of_status(status), "http_" + std::to_string(status),
                           "The server answered with status " + std::to_string(status) + "."),
            .retry = is_retryable_status(status),
            .retry_after = std::chrono::seconds(std::clamp<curl_off_t>(
                easy.info<curl_off_t>(CURLINFO_RETRY_AFTER), 0, kLongestPause.count())),
            .asks_for_pause = status == 429 || status == 503};
  }
  const auto* url = easy.info<const char*>(CURLINFO_EFFECTIVE_URL);
  return {.result = FetchResponse{.not_modified = status == 304,
                                  .url = url == nullptr ? transfer.request.url : url,
                                  .body = std::move(transfer.body),
                                  .etag = header_of(easy.get(), "etag"),
                                  .last_modified = header_of(easy.get(), "last-modified"),
                                  .content_type = header_of(easy.get(), "content-type"),
                                  .content_length = easy.info<curl_off_t>(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T),
                                  .wire_bytes = easy.info<curl_off_t>(CURLINFO_SIZE_DOWNLOAD_T) +
                                                easy.info<long>(CURLINFO_HEADER_SIZE)}};
}

}  // namespace

struct Fetcher::State {
  explicit State(FetchOptions chosen) : options(std::move(chosen)), alarm(options.clock->alarm()) {
    multi = curl_multi_init();
    share = curl_share_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(options.concurrency));
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  }
  ~State() {
    drop_active();
    idle.clear();
    curl_multi_cleanup(multi);
    curl_share_cleanup(share);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void drop_active() {
    for (auto& [easy, transfer] : active) curl_multi_remove_handle(multi, easy);
    active.clear();
  }

  void work(const std::stop_token& stop, const std::stop_token& end);
  void take_new();
  void take_due();
  void start_waiting();
  bool start_one_of(Host& host);
  void start(std::unique_ptr<Transfer> transfer);
  bool finish_ended();
  void deliver(FetchRequest request, Result<FetchResponse> response);
  std::pair<FetchRequest, Result<FetchResponse>> next_result();
  void finish(std::unique_ptr<Transfer> transfer, CURLcode code);
  void give_up(Host& host, Error why);
  void heed(const std::string& origin, Host& host, Attempt& attempt);
  Host& host_of(const std::string& origin);
  void report_given_up();
  void end_all(const Error& why);
  void wait(const std::stop_token& end);
  void wake() const;

  curl::Library library;
  FetchOptions options;
  std::unique_ptr<Alarm> alarm;
  CURLM* multi = nullptr;
  CURLSH* share = nullptr;
  std::vector<curl::Easy> idle;  ///< handles for the next attempts

  // Between the caller's thread and the one that carries out a run:
  std::mutex mutex;
  std::condition_variable has_result;
  std::deque<FetchRequest> added;
  std::deque<std::pair<FetchRequest, Result<FetchResponse>>> results;
  std::size_t backlog = 0;  ///< bytes of their bodies

  std::size_t outstanding = 0;  ///< the caller's: requests that were added and not answered

  // Of the thread that carries out a run:
  std::map<std::string, Host> hosts;  ///< by origin
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> active;
  std::multimap<Time::duration, std::unique_ptr<Transfer>> later;  ///< by the time of the next attempt
  Pauses pauses;                                                   ///< the caller's between runs
  Time::duration deadline{};
  std::minstd_rand random{std::random_device()()};
};

void Fetcher::State::take_new() {
  std::deque<FetchRequest> fresh;
  {
    const std::lock_guard lock(mutex);
    fresh.swap(added);
  }
  for (auto& request : fresh) {
    auto transfer = std::make_unique<Transfer>();
    transfer->request = std::move(request);
    host_of(origin_of(transfer->request.url)).waiting.push_back(std::move(transfer));
  }
}

Host& Fetcher::State::host_of(const std::string& origin) {
  const auto [host, is_new] = hosts.try_emplace(origin);
  const auto pause = pauses.find(origin);
  if (is_new && pause != pauses.end() && pause->second > options.clock->now())
    host->second.given_up = delayed(origin, pause->second);
  return host->second;
}

void Fetcher::State::take_due() {
  while (!later.empty() && later.begin()->first <= options.clock->uptime()) {
    auto transfer = std::move(later.begin()->second);
    later.erase(later.begin());
    hosts[origin_of(transfer->request.url)].waiting.push_front(std::move(transfer));
  }
}

/// Fair between hosts: each gets one connection in turn, up to its limit. While the caller lags behind,
/// nothing is started, so that answers don't pile up.
void Fetcher::State::start_waiting() {
  {
    const std::lock_guard lock(mutex);
    if (results.size() >= options.concurrency || backlog >= options.max_backlog) return;
  }
  for (bool started = true; started;) {
    started = false;
    for (auto& [origin, host] : hosts) started = start_one_of(host) || started;
  }
}

bool Fetcher::State::start_one_of(Host& host) {
  if (host.waiting.empty() || host.given_up || host.active >= options.per_host ||
      active.size() >= options.concurrency || host.paused_until > options.clock->uptime()) {
    return false;
  }
  ++host.active;
  auto transfer = std::move(host.waiting.front());
  host.waiting.pop_front();
  start(std::move(transfer));
  return true;
}

void Fetcher::State::start(std::unique_ptr<Transfer> transfer) {
  if (idle.empty()) idle.emplace_back();
  transfer->easy = std::move(idle.back());
  idle.pop_back();
  ++transfer->attempt;
  transfer->body.clear();
  transfer->max_body = options.max_body;

  auto& easy = *transfer->easy;
  const auto& request = transfer->request;
  easy.prepare(request.url, {.connect_timeout = options.connect_timeout,
                             .timeout = options.total_timeout,
                             .stall_timeout = options.silence_timeout,
                             .stall_speed = kSilence,
                             .redirects = kRedirects,
                             .user_agent = options.user_agent});
  if (!request.etag.empty()) std::ignore = easy.add_header("If-None-Match", request.etag);
  if (!request.last_modified.empty())
    std::ignore = easy.add_header("If-Modified-Since", request.last_modified);
  easy.set_headers();
  // A compressed head would tell the compressed length.
  if (request.head) {
    easy.set(CURLOPT_NOBODY, 1L);
  } else {
    easy.set(CURLOPT_ACCEPT_ENCODING, "gzip");
  }
  easy.set(CURLOPT_SHARE, share);
  easy.set(CURLOPT_WRITEFUNCTION, &on_body);
  easy.set(CURLOPT_WRITEDATA, transfer.get());
  CURL* handle = easy.get();
  curl_multi_add_handle(multi, handle);
  active.emplace(handle, std::move(transfer));
}

bool Fetcher::State::finish_ended() {
  bool any = false;
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const auto code = message->data.result;
    curl_multi_remove_handle(multi, easy);
    auto node = active.extract(easy);
    finish(std::move(node.mapped()), code);
    any = true;
  }
  return any;
}

void Fetcher::State::finish(std::unique_ptr<Transfer> transfer, CURLcode code) {
  const auto origin = origin_of(transfer->request.url);
  auto& host = hosts[origin];
  --host.active;
  auto attempt = judge(*transfer, code);
  curl_easy_reset(transfer->easy->get());  // it points at what is about to go
  idle.push_back(*std::exchange(transfer->easy, std::nullopt));

  host.failures = attempt.host_failed ? host.failures + 1 : 0;
  if (host.failures >= options.host_failures && !host.given_up)
    give_up(host, {"host_given_up", origin + " does not answer: " + attempt.result.error().message});

  if (attempt.retry && transfer->attempt < options.attempts && !host.given_up &&
      attempt.retry_after <= options.max_backoff) {
    const auto doubled = options.backoff * (1 << std::min(transfer->attempt - 1, 10));
    const auto longest = std::min<milliseconds>(doubled, options.max_backoff).count();
    const milliseconds jittered(
        std::uniform_int_distribution<milliseconds::rep>(longest / 2, longest)(random));
    const auto due = options.clock->uptime() + std::max(attempt.retry_after, jittered);
    if (attempt.retry_after > milliseconds(0)) host.paused_until = std::max(host.paused_until, due);
    later.emplace(due, std::move(transfer));
    return;
  }
  heed(origin, host, attempt);
  deliver(std::move(transfer->request), std::move(attempt.result));
}

/// Of a request that is not tried again.
void Fetcher::State::heed(const std::string& origin, Host& host, Attempt& attempt) {
  if (attempt.result || attempt.result.error().kind == ErrorKind::not_found) pauses.erase(origin);
  if (!attempt.asks_for_pause || attempt.retry_after == milliseconds(0)) return;
  auto& until = pauses[origin];
  until = std::max(until, options.clock->now() + attempt.retry_after);
  if (attempt.retry_after <= options.max_backoff) return;
  const auto why = delayed(origin, until);
  if (!host.given_up) give_up(host, why);
  attempt.result = std::unexpected(why);
}

void Fetcher::State::give_up(Host& host, Error why) {
  host.given_up = std::move(why);
  for (auto it = later.begin(); it != later.end();) {
    if (&hosts[origin_of(it->second->request.url)] == &host) {
      host.waiting.push_back(std::move(it->second));
      it = later.erase(it);
    } else {
      ++it;
    }
  }
}

void Fetcher::State::report_given_up() {
  for (auto& [origin, host] : hosts) {
    while (host.given_up && !host.waiting.empty()) {
      const auto transfer = std::move(host.waiting.front());
      host.waiting.pop_front();
      deliver(std::move(transfer->request), std::unexpected(*host.given_up));
    }
  }
}

void Fetcher::State::end_all(const Error& why) {
  std::vector<FetchRequest> rest;
  const auto take = [&](Transfer& transfer) { rest.push_back(std::move(transfer.request)); };
  for (auto& [easy, transfer] : active) take(*transfer);
  for (auto& [due, transfer] : later) take(*transfer);
  for (auto& [origin, host] : hosts) {
    for (auto& transfer : host.waiting) take(*transfer);
  }
  drop_active();
  later.clear();
  hosts.clear();
  for (auto& request : rest) deliver(std::move(request), std::unexpected(why));
}

/// For what libcurl has to do, for the next attempt, or for `wake`.
void Fetcher::State::wait(const std::stop_token& end) {
  if (later.empty()) {
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(kLongestPoll.count()), nullptr);
    return;
  }
  const auto left = std::min(later.begin()->first, deadline) - options.clock->uptime();
  if (active.empty()) {
    alarm->wait(options.clock->now() + left, end);
  } else {
    const auto longest = std::clamp(left, milliseconds(1), kLongestPoll);
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(longest.count()), nullptr);
  }
}

void Fetcher::State::wake() const {
  alarm->ring();
  curl_multi_wakeup(multi);
}

void Fetcher::State::deliver(FetchRequest request, Result<FetchResponse> response) {
  const std::lock_guard lock(mutex);
  if (response) backlog += response->body.size();
  results.emplace_back(std::move(request), std::move(response));
  has_result.notify_one();
}

std::pair<FetchRequest, Result<FetchResponse>> Fetcher::State::next_result() {
  std::unique_lock lock(mutex);
  has_result.wait(lock, [&] { return !results.empty(); });
  auto result = std::move(results.front());
  results.pop_front();
  if (result.second) backlog -= result.second->body.size();
  lock.unlock();
  wake();
  return result;
}

void Fetcher::State::work(const std::stop_token& stop, const std::stop_token& end) {
  deadline = options.clock->uptime() + options.run_timeout;
  hosts.clear();
  while (!end.stop_requested()) {
    take_new();
    take_due();
    if (stop.stop_requested()) {
      end_all({"stopped", "The program is stopping.", ErrorKind::stopped});
    } else if (options.clock->uptime() >= deadline) {
      end_all({"run_timeout",
               "The cycle took longer than " + std::to_string(options.run_timeout.count()) + " s.",
               ErrorKind::unavailable});
    }
    start_waiting();
    int running = 0;
    curl_multi_perform(multi, &running);
    const bool any_ended = finish_ended();
    report_given_up();
    if (!any_ended) wait(end);
  }
  drop_active();
}

Fetcher::Fetcher(FetchOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Fetcher::~Fetcher() = default;
Fetcher::Fetcher(Fetcher&&) noexcept = default;
Fetcher& Fetcher::operator=(Fetcher&&) noexcept = default;

void Fetcher::add(FetchRequest request) {
  ++state_->outstanding;
  const std::lock_guard lock(state_->mutex);
  state_->added.push_back(std::move(request));
  state_->wake();
}

/// A time further ahead than any pause is of a clock that was set back since.
void Fetcher::set_pauses(Pauses pauses) {
  const auto longest = state_->options.clock->now() + kLongestPause;
  for (auto& [origin, until] : pauses) until = std::min<Time>(until, longest);
  state_->pauses = std::move(pauses);
}

const Pauses& Fetcher::pauses() const {
  return state_->pauses;
}

void Fetcher::clear() {
  const std::lock_guard lock(state_->mutex);
  state_->outstanding -= state_->added.size();
  state_->added.clear();
}

void Fetcher::run(const Done& done, const std::stop_token& stop) {
  auto& state = *state_;
  // libcurl measures its time-outs by itself: its loop must not wait for what `done` does.
  std::jthread worker([&](const std::stop_token& end) { state.work(stop, end); });
  const std::stop_callback at_stop(stop, [&] { state.wake(); });
  for (; state.outstanding > 0; --state.outstanding) {
    auto [request, response] = state.next_result();
    done(request, std::move(response));
  }
  worker.request_stop();
  state.wake();
}

}  // namespace skerry::broker
