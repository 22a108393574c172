#include <cstdint>
#include <cstdlib>

#include "tests/archive/location.hpp"
#include "tests/archive/model.hpp"

/// Whatever is found is a place that the path writes out: its file name is the path's end, its month is in
/// it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skerry::archive;
  static const Locator locator({{"rrc00", Project::riperis, "data.ris.ripe.net", "/rrc00"},
                                {"rv2", Project::routeviews, "archive.routeviews.org", "/rv2/bgpdata"}});
  const std::string_view path(reinterpret_cast<const char*>(data), size);
  const auto found = locator.find(path);
  if (!found) return 0;
  if (found->kind != Location::Kind::collector && path.find(month_name(found->month)) == path.npos)
    std::abort();
  if (found->kind == Location::Kind::file) {
    if (!found->type) std::abort();
    if (!path.ends_with(file_name(found->collector->project, *found->type, found->begin))) std::abort();
  } else if (path.ends_with('/') == found->lacks_slash) {
    std::abort();
  }
  return 0;
}
