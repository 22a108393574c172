#include "functions/tracker/privacy.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "functions/tracker/settings.hpp"

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
  Treatment treatment{.drop = {}, .anonymise = is_on(config, kAnonymiseClient)};
  const auto honour = [&](std::string_view header, const FunctionSetting& setting, Drop reason) {
    if (request.headers.get(header) != "1") return;
    const auto choice = config.get(setting.name).value_or(setting.fallback);
    if (choice == "keep") return;
    if (choice == "anonymise") {
      treatment.anonymise = true;
    } else if (!treatment.drop) {  // also where an edge was told a word that there is not
      treatment.drop = reason;
    }
  };
  honour("Sec-GPC", kGpc, Drop::gpc);
  honour("DNT", kDnt, Drop::dnt);
  if (is_prefetch(request.headers)) treatment.drop = Drop::prefetch;
  return treatment;
}

}  // namespace skerry::functions
