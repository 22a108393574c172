#include <cstddef>
#include <cstdint>
#include <string>

#include "functions/latest/view.hpp"

using namespace skerry::functions;

/// The first byte chooses the filter, the rest is the stored value: whatever it is, reading ends, and what is
/// rendered without a filter is what lies in the text, at most without its white space.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto view = View::open(std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  if (!view) return 0;
  Filter filter;
  if ((data[0] & 1) != 0) filter.project = "riperis";
  if ((data[0] & 2) != 0) filter.collectors = {"rrc00"};
  const auto filtered = view->render(Form::envelope, filter);
  if (filtered && filtered->empty()) __builtin_trap();
  const auto document = view->render(Form::document, {});
  if (document && document->size() > view->whole(Form::document)->size()) __builtin_trap();
  return 0;
}
