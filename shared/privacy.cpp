#include "shared/privacy.hpp"

namespace skerry {

std::string Privacy::shown(const std::optional<Address>& client) const {
  if (!client || nameless || drops()) return {};
  return (anonymise ? client->anonymised() : *client).text();
}

Privacy privacy_of(const Headers& headers, const PrivacyRules& rules) {
  Privacy privacy{.anonymise = rules.anonymise, .nameless = headers.has("SP-Anonymous")};
  const auto honour = [&](std::string_view header, std::string_view choice, bool& drop) {
    if (headers.get(header) != "1" || choice == "keep") return;
    (choice == "drop" ? drop : privacy.anonymise) = true;
  };
  honour("Sec-GPC", rules.gpc, privacy.drop_gpc);
  honour("DNT", rules.dnt, privacy.drop_dnt);
  return privacy;
}

}  // namespace skerry
