#pragma once

#include <string_view>

namespace skerry::program {

/// Tells systemd `READY=1`, `STOPPING=1` or `STATUS=…` over $NOTIFY_SOCKET (sd_notify(3)); nothing where
/// there is none.
void notify_service_manager(std::string_view state);

}  // namespace skerry::program
