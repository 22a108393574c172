#include "shared/secret.hpp"

namespace skerry {

bool secret_equals(std::string_view expected, std::string_view given) {
  if (expected.empty()) return false;
  volatile unsigned difference = expected.size() == given.size() ? 0U : 1U;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = expected[i % expected.size()];
    difference = difference | (static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other));
  }
  return difference == 0;
}

}  // namespace skerry
