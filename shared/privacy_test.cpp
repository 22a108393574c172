#include "shared/privacy.hpp"

#include <initializer_list>
#include <string>

#include <doctest/doctest.h>

namespace skerry {
namespace {

TEST_CASE("what may be written down of a client") {
  struct Case {
    PrivacyRules rules;
    Headers headers;
    std::string v4;  ///< of 203.0.113.9
    std::string v6;  ///< of 2001:db8:1:2::3
    bool drops = false;
  };
  const PrivacyRules keeping{.gpc = "keep", .dnt = "keep"};
  const PrivacyRules cutting{.gpc = "anonymise", .dnt = "anonymise"};
  const PrivacyRules dropping{.gpc = "drop", .dnt = "drop"};
  const Headers gpc{{"sec-gpc", "1"}};
  const Headers dnt{{"DNT", "1"}};
  const std::string whole4 = "203.0.113.9";
  const std::string whole6 = "2001:db8:1:2::3";
  const std::string cut4 = "203.0.113.0";
  const std::string cut6 = "2001:db8:1::";
  for (const Case& c : std::initializer_list<Case>{
           {keeping, {}, whole4, whole6},
           {keeping, gpc, whole4, whole6},
           {cutting, {}, whole4, whole6},
           {cutting, gpc, cut4, cut6},
           {cutting, dnt, cut4, cut6},
           {cutting, {{"DNT", "0"}}, whole4, whole6},
           {dropping, {}, whole4, whole6},
           {dropping, gpc, "", "", true},
           {dropping, dnt, "", "", true},
           {{.gpc = "odd", .dnt = "keep"}, gpc, cut4, cut6},
           {{.gpc = "keep", .dnt = "keep", .anonymise = true}, {}, cut4, cut6},
           {keeping, {{"SP-Anonymous", "*"}}, "", ""},
       }) {
    const auto privacy = privacy_of(c.headers, c.rules);
    CHECK(privacy.shown(Address::parse(whole4)) == c.v4);
    CHECK(privacy.shown(Address::parse(whole6)) == c.v6);
    CHECK(privacy.shown(std::nullopt).empty());
    CHECK(privacy.drops() == c.drops);
  }
}

}  // namespace
}  // namespace skerry
