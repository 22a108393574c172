#include "shared/platform.hpp"

#include <string>

#include <doctest/doctest.h>

namespace skerry {
namespace {

struct View {
  std::string text = "empty";
};
struct Counter {
  int value = 0;
};
template <int>
struct Numbered {
  int value = 0;
};
struct Watched {
  std::shared_ptr<int> token = std::make_shared<int>(0);
};

TEST_CASE("Resident keeps one of each type") {
  Resident resident;
  resident.of<View>().text = "full";
  resident.of<Counter>().value = 3;
  CHECK(resident.of<View>().text == "full");
  CHECK(resident.of<Counter>().value == 3);
  CHECK(Resident().of<View>().text == "empty");
}

TEST_CASE("references stay valid as more types come in") {
  Resident resident;
  View& view = resident.of<View>();
  [&]<int... n>(std::integer_sequence<int, n...>) {
    ((resident.of<Numbered<n>>().value = n), ...);
    CHECK(((resident.of<Numbered<n>>().value == n) && ...));
  }(std::make_integer_sequence<int, 100>{});
  view.text = "still here";
  CHECK(&resident.of<View>() == &view);
  CHECK(resident.of<View>().text == "still here");
}

TEST_CASE("what it keeps ends with it") {
  std::weak_ptr<int> watch;
  {
    Resident resident;
    watch = resident.of<Watched>().token;
    CHECK_FALSE(watch.expired());
  }
  CHECK(watch.expired());
}

}  // namespace
}  // namespace skerry
