#include "functions/tracker/privacy.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "functions/tracker/settings.hpp"
#include "shared/privacy.hpp"

namespace skerry::functions {
namespace {

bool is_prefetch(const Headers& headers) {
  constexpr std::string_view kPrefetch = "prefetch";
  return std::ranges::any_of(
      std::array<std::string_view, 3>{"Sec-Purpose", "Purpose", "X-Moz"}, [&](std::string_view name) {
        return equal_ignoring_case(trim(headers.get(name).value_or("")).substr(0, kPrefetch.size()),
                                   kPrefetch);
      });
}

}  // namespace

std::string_view name_of(Drop reason) {
  constexpr std::array<std::string_view, 4> kNames{"gpc", "dnt", "prefetch", "duplicate"};
  return kNames[std::to_underlying(reason)];
}

Treatment treatment_of(const Request& request, const Config& config) {
  const auto choice = [&](const FunctionSetting& setting) {
    const auto given = config.get(setting.name).value_or("");
    const bool known = !given.empty() && std::ranges::find(setting.choices, given) != setting.choices.end();
    return std::string(known ? given : setting.fallback);
  };
  const auto privacy =
      privacy_of(request.headers,
                 {.gpc = choice(kGpc), .dnt = choice(kDnt), .anonymise = is_on(config, kAnonymiseClient)});
  Treatment treatment{.drop = {}, .anonymise = privacy.anonymise};
  if (privacy.drop_dnt) treatment.drop = Drop::dnt;
  if (privacy.drop_gpc) treatment.drop = Drop::gpc;
  if (is_prefetch(request.headers)) treatment.drop = Drop::prefetch;
  return treatment;
}

}  // namespace skerry::functions
