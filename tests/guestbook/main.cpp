#include "native-host/commands/main.hpp"

#include "native-host/edge/capability.hpp"
#include "native-host/events/capability.hpp"
#include "tests/guestbook/capability.hpp"

int main(int argc, char** argv) {
  const skerry::program::Capability capabilities[] = {
      skerry::events::capability(),
      skerry::edge::capability(),
      skerry::guestbook::capability(),
  };
  return skerry::commands::main(capabilities, argc, argv);
}
