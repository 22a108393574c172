#include "native-host/program/checks.hpp"

#include <exception>

namespace skerry::program {

Findings Checks::run(Check::Shown shown, const Inspection& inspection) const {
  Findings findings;
  for (const Check& check : checks_) {
    if ((check.shown & shown) == 0) continue;
    const auto before = findings.size();
    try {
      check.probe(inspection, findings);
    } catch (const std::exception& error) {
      findings.push_back({Finding::Status::failed, std::string(check.name),
                          std::string("It could not be checked: ") + error.what(), "Report this as a bug."});
    }
    for (auto i = before; i < findings.size(); ++i) findings[i].part = check.part;
  }
  return findings;
}

}  // namespace skerry::program
