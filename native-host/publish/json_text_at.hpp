#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace skerry::publish {

/// The text of a member; empty where there is none, or no text.
inline std::string text_at(const nlohmann::ordered_json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace skerry::publish
