#include "native-host/publish/answer.hpp"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

namespace skerry::publish {
namespace {

using Json = nlohmann::json;

constexpr Seconds kLongestWait = std::chrono::hours(1);
constexpr std::size_t kLongestWords = 200;

Json parse(std::string_view text) {
  return Json::parse(text, nullptr, false);
}

std::string text_at(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string first_error(const Json& body) {
  if (!body.is_object()) return {};
  const auto errors = body.find("errors");
  if (errors == body.end() || !errors->is_array() || errors->empty()) return {};
  auto words = text_at(errors->front(), "message");
  if (words.empty()) words = text_at(errors->front(), "reason");
  const auto& first = errors->front();
  if (!words.empty() && first.is_object() && first.contains("code") && first["code"].is_number_integer())
    words += " (" + std::to_string(first["code"].get<std::int64_t>()) + ")";
  return words;
}

std::string on_one_line(std::string words) {
  std::ranges::replace_if(words, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  if (words.size() > kLongestWords) words = words.substr(0, kLongestWords) + "…";
  return words;
}

std::string_view code_of(int status) {
  if (status == 401 || status == 403) return "publish_denied";
  if (status == 404) return "publish_unknown_store";
  if (status == 413) return "publish_too_large";
  if (status == 429) return "publish_limited";
  if (status >= 500 || status == 408) return "publish_unavailable";
  return "publish_rejected";
}

Failure garbled() {
  return {.error = {"publish_garbled", "The answer is not what the platform's API answers."}};
}

}  // namespace

Seconds retry_after(const Headers& headers, Time now) {
  const auto value = headers.get("retry-after");
  if (!value) return Seconds(0);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), seconds);
  if (error == std::errc::result_out_of_range) return kLongestWait;
  if (error != std::errc() || end != value->data() + value->size()) {
    const auto date = parse_http_date(*value);
    if (!date) return Seconds(0);
    seconds = std::chrono::ceil<Seconds>(*date - now).count();
  }
  return std::clamp(Seconds(seconds), Seconds(0), kLongestWait);
}

std::string words_of(std::string_view text) {
  const auto body = parse(text);
  auto words = first_error(body);
  for (const char* name : {"detail", "msg", "message", "title"})
    if (words.empty()) words = text_at(body, name);
  return on_one_line(std::move(words));
}

Failure failure_of(const http::ClientResponse& response, Time now) {
  const int status = response.status;
  auto message = "The platform answered with status " + std::to_string(status) + ".";
  if (const auto words = words_of(response.body); !words.empty())
    message = "The platform answered with status " + std::to_string(status) + ": " + words;
  return {.error = {std::string(code_of(status)), std::move(message)},
          .retry_after = retry_after(response.headers, now),
          .permanent = status < 500 && status != 408 && status != 429};
}

PushResult read_cloudflare_answer(const http::ClientResponse& response, std::span<const std::string> keys,
                                  Time now) {
  if (response.status < 200 || response.status > 299) return {.failure = failure_of(response, now)};
  const auto body = parse(response.body);
  if (!body.is_object() || !body.contains("success") || !body["success"].is_boolean())
    return {.failure = garbled()};
  if (!body["success"].get<bool>()) {
    const auto words = words_of(response.body);
    return {.failure = Failure{.error = {"publish_rejected", "The platform refused the write" +
                                                                 (words.empty() ? "." : ": " + words)},
                               .retry_after = retry_after(response.headers, now)}};
  }
  PushResult result;
  std::vector<std::string> failed;
  if (const auto& part = body.contains("result") ? body["result"] : Json(); part.is_object()) {
    if (const auto list = part.find("unsuccessful_keys"); list != part.end() && list->is_array())
      for (const auto& key : *list)
        if (key.is_string()) failed.push_back(key.get<std::string>());
  }
  std::ranges::copy_if(keys, std::back_inserter(result.stored), [&](const std::string& key) {
    return std::ranges::find(failed, key) == failed.end();
  });
  if (!failed.empty()) {
    result.failure = Failure{.error = {"publish_unavailable", "The platform could not store \"" +
                                                                  on_one_line(failed.front()) + "\"."}};
  }
  return result;
}

}  // namespace skerry::publish
