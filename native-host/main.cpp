#include "native-host/commands/main.hpp"

#include "native-host/broker/capability.hpp"
#include "native-host/edge/capability.hpp"
#include "native-host/events/capability.hpp"
#include "native-host/publish/capability.hpp"

int main(int argc, char** argv) {
  const skerry::program::Capability capabilities[] = {
      skerry::events::capability(),
      skerry::broker::capability(),
      skerry::publish::capability(),
      skerry::edge::capability(),
  };
  return skerry::commands::main(capabilities, argc, argv);
}
