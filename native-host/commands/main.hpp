#pragma once

#include <span>

#include "native-host/program/capability.hpp"

namespace skerry::commands {

/// The program of these capabilities: reads the command line and the settings, and does what it was called
/// for. What it returns is the process's exit code (exit.hpp).
int main(std::span<const program::Capability> capabilities, int argc, char** argv);

}  // namespace skerry::commands
