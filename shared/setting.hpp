#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <span>
#include <string_view>

#include "shared/platform.hpp"

namespace skerry {

/// One setting of a function, as its handler declares it in `settings.hpp` of its folder. Every platform
/// gives it as a plain name and text (wrangler/README.md); the native host checks it as it checks its own
/// (`functions.latest.gzip`), and shows it in `skerry config`.
struct FunctionSetting {
  enum class Type {
    text,
    number,    ///< whole, from `min` to `max`
    toggle,    ///< `on` or `off`
    choice,    ///< one of `choices`
    list,      ///< between commas
    prefixes,  ///< a list of addresses, prefixes and `unix` (shared/client.hpp)
    headers,   ///< a list of names of header fields
    hosts,     ///< a list of host names and addresses, without ports
    origins,   ///< a list of origins as browsers send them, or `*`
    paths,     ///< a list of paths; `/*` at the end: all below
    url,       ///< of http or https
    secret,    ///< text that is never shown, and never taken from a command line
  };

  std::string_view name;
  Type type = Type::text;
  bool live = true;  ///< the native host takes a new value over while it runs
  std::string_view help = {};
  std::string_view fallback = {};  ///< what counts where it is not set
  std::int64_t min = 0;
  std::int64_t max = INT32_MAX;
  std::array<std::string_view, 4> choices = {};  ///< the empty ones are none
  /// The native host's own setting that takes its place there, where this one is refused; empty: none.
  std::string_view native = {};
};

/// A setting that is a whole number; its fallback where it is not set or none.
inline int number_of(const Config& config, const FunctionSetting& setting) {
  int value = 0;
  std::from_chars(setting.fallback.data(), setting.fallback.data() + setting.fallback.size(), value);
  const std::string_view text = config.get(setting.name).value_or("");
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// A setting that is `on` or `off`; its fallback where it is not set or neither.
inline bool is_on(const Config& config, const FunctionSetting& setting) {
  const auto text = config.get(setting.name).value_or(setting.fallback);
  return text == "on" || (text != "off" && setting.fallback == "on");
}

/// Settings that several functions have.
namespace settings {

inline constexpr FunctionSetting kViewPromise{
    .name = "view_promise_seconds",
    .type = FunctionSetting::Type::number,
    .help = "A view that is older is served with a warning, and fails the check `view`",
    .fallback = "900"};
inline constexpr FunctionSetting kGzip{.name = "gzip",
                                       .type = FunctionSetting::Type::toggle,
                                       .help = "Compress answers for clients that take it",
                                       .fallback = "on"};
inline constexpr FunctionSetting kSource{
    .name = "source",
    .type = FunctionSetting::Type::choice,
    .help = "Where the document comes from: the key-value store, or the host around the function",
    .fallback = "kv",
    .choices = {"kv", "origin"}};
inline constexpr FunctionSetting kOriginUrl{
    .name = "origin_url",
    .type = FunctionSetting::Type::url,
    .help = "The native host behind an edge, https://host.example; where there is none, empty"};

}  // namespace settings
}  // namespace skerry
