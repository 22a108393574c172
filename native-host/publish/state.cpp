#include "native-host/publish/state.hpp"

#include <nlohmann/json.hpp>

#include "native-host/publish/json_text_at.hpp"

namespace skerry::publish {
namespace {

using Json = nlohmann::ordered_json;

std::optional<Time> time_at(const Json& object, const char* name) {
  return parse_rfc3339(text_at(object, name));
}

}  // namespace

std::string render_state(const TargetState& state) {
  auto keys = Json::object();
  for (const auto& [name, key] : state.keys) {
    keys[name] = {
        {"as_of", format_rfc3339(key.as_of)}, {"digest", key.digest}, {"pushed", format_rfc3339(key.pushed)}};
  }
  Json out{{"address", state.address}, {"keys", std::move(keys)}};
  if (state.failing_since) {
    out["failing"] = {{"since", format_rfc3339(*state.failing_since)},
                      {"failures", state.failures},
                      {"code", state.error.code},
                      {"message", state.error.message},
                      {"not_before", format_rfc3339(state.not_before)}};
  }
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

TargetState parse_state(std::string_view text) {
  TargetState state;
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return state;
  state.address = text_at(json, "address");
  if (const auto keys = json.find("keys"); keys != json.end() && keys->is_object()) {
    for (const auto& [name, key] : keys->items()) {
      if (!key.is_object()) continue;
      const auto as_of = time_at(key, "as_of");
      const auto pushed = time_at(key, "pushed");
      if (as_of && pushed)
        state.keys[name] = {.as_of = *as_of, .digest = text_at(key, "digest"), .pushed = *pushed};
    }
  }
  if (const auto failing = json.find("failing"); failing != json.end() && failing->is_object()) {
    state.failing_since = time_at(*failing, "since");
    const auto failures = failing->find("failures");
    const bool counted = failures != failing->end() && failures->is_number_unsigned();
    state.failures =
        counted ? static_cast<int>(std::min<std::uint64_t>(failures->get<std::uint64_t>(), 1000)) : 1;
    state.error = {text_at(*failing, "code"), text_at(*failing, "message")};
    state.not_before = time_at(*failing, "not_before").value_or(Time());
  }
  if (!state.failing_since) state.failures = 0;
  return state;
}

}  // namespace skerry::publish
