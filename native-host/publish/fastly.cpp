#include "native-host/program/human.hpp"
#include "native-host/publish/answer.hpp"
#include "shared/url.hpp"

namespace skerry::publish {
namespace {

constexpr std::size_t kMaxValue = 25'000'000;
constexpr std::size_t kMaxKey = 1024;

class Fastly final : public Target {
 public:
  Fastly(TargetOptions options, const std::string& store)
      : token_(options.token),
        client_(std::move(options.client)),
        address_(options.base + "/resources/stores/kv/" + encode_segment(store)) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const std::string& address() const override { return address_; }

  PushResult push(std::span<const Document> documents, const std::stop_token& stop) override {
    PushResult result;
    for (const auto& document : documents) {
      auto failure = put(document, stop);
      if (!failure) {
        result.stored.push_back(document.key);
        continue;
      }
      const bool of_this_document = failure->error.code == "publish_too_large";
      result.failure = std::move(failure);
      if (!of_this_document) break;
    }
    return result;
  }

  std::optional<Failure> check(const std::stop_token& stop) override {
    return send("GET", address_, {}, stop);
  }

 private:
  std::optional<Failure> put(const Document& document, const std::stop_token& stop) {
    if (document.value.size() > kMaxValue || document.key.size() > kMaxKey) {
      return Failure{.error = {"publish_too_large", "\"" + document.key + "\" has " +
                                                        std::to_string(document.value.size()) +
                                                        " bytes, above the platform's limit."},
                     .permanent = true};
    }
    return send("PUT", address_ + "/keys/" + encode_segment(document.key), document.value, stop);
  }

  std::optional<Failure> send(std::string method, std::string url, std::string body,
                              const std::stop_token& stop) {
    const auto token = token_.read();
    if (!token) return Failure{.error = token.error(), .permanent = true};
    Headers headers{{"Fastly-Key", *token}, {"Accept", "application/json"}};
    if (method == "PUT") headers.add("Content-Type", "application/octet-stream");
    const auto response = client_.send({std::move(method), std::move(url), headers, std::move(body)}, stop);
    if (!response) return Failure{.error = response.error()};
    if (response->status >= 200 && response->status <= 299) return std::nullopt;
    return failure_of(*response, program::system_now());
  }

  std::string name_ = "fastly";
  config::Secret token_;
  http::Client client_;
  std::string address_;
};

}  // namespace

std::unique_ptr<Target> fastly_target(TargetOptions options, const std::string& store) {
  return std::make_unique<Fastly>(std::move(options), store);
}

}  // namespace skerry::publish
