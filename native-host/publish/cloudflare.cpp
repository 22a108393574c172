#include <utility>

#include "native-host/program/human.hpp"
#include "native-host/publish/answer.hpp"
#include "shared/json_text.hpp"
#include "shared/url.hpp"

namespace skerry::publish {
namespace {

constexpr std::size_t kMaxValue = std::size_t{25} << 20U;
constexpr std::size_t kMaxKey = 512;
constexpr std::size_t kMaxRequest = 100'000'000;

class Cloudflare final : public Target {
 public:
  Cloudflare(TargetOptions options, const std::string& account, const std::string& name_space)
      : token_(options.token),
        client_(std::move(options.client)),
        address_(options.base + "/accounts/" + encode_segment(account) + "/storage/kv/namespaces/" +
                 encode_segment(name_space)) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const std::string& address() const override { return address_; }

  PushResult push(std::span<const Document> documents, const std::stop_token& stop) override {
    PushResult result;
    std::vector<std::string> keys;
    std::string body;
    const auto flush = [&] {
      if (keys.empty() || (result.failure && !result.failure->permanent)) return;
      auto part = send_bulk(std::exchange(body, {}) + ']', std::exchange(keys, {}), stop);
      std::ranges::move(part.stored, std::back_inserter(result.stored));
      if (part.failure) result.failure = std::move(part.failure);
    };
    for (const auto& document : documents) {
      if (document.value.size() > kMaxValue || document.key.size() > kMaxKey) {
        result.failure = Failure{.error = {"publish_too_large", "\"" + document.key + "\" has " +
                                                                    std::to_string(document.value.size()) +
                                                                    " bytes, above the platform's limit."},
                                 .permanent = true};
        continue;
      }
      std::string pair = R"({"key":)";
      append_json_string(pair, document.key);
      pair += R"(,"value":)";
      append_json_string(pair, document.value);
      pair += '}';
      if (body.size() + pair.size() + 2 > kMaxRequest) flush();
      body += (keys.empty() ? "[" : ",") + pair;
      keys.push_back(document.key);
    }
    flush();
    return result;
  }

  std::optional<Failure> check(const std::stop_token& stop) override {
    const auto token = token_.read();
    if (!token) return Failure{.error = token.error(), .permanent = true};
    const auto response =
        client_.send({.url = address_, .headers = {{"Authorization", "Bearer " + *token}}}, stop);
    if (!response) return Failure{.error = response.error()};
    return read_cloudflare_answer(*response, {}, program::system_now()).failure;
  }

 private:
  PushResult send_bulk(std::string body, const std::vector<std::string>& keys, const std::stop_token& stop) {
    const auto token = token_.read();
    if (!token) return {.failure = Failure{.error = token.error(), .permanent = true}};
    const auto response = client_.send(
        {.method = "PUT",
         .url = address_ + "/bulk",
         .headers = {{"Authorization", "Bearer " + *token}, {"Content-Type", "application/json"}},
         .body = std::move(body)},
        stop);
    if (!response) return {.failure = Failure{.error = response.error()}};
    return read_cloudflare_answer(*response, keys, program::system_now());
  }

  std::string name_ = "cloudflare";
  config::Secret token_;
  http::Client client_;
  std::string address_;
};

}  // namespace

std::unique_ptr<Target> cloudflare_target(TargetOptions options, const std::string& account,
                                          const std::string& name_space) {
  return std::make_unique<Cloudflare>(std::move(options), account, name_space);
}

}  // namespace skerry::publish
