#pragma once

#include <string>

#include "native-host/commands/tree.hpp"
#include "native-host/config/settings.hpp"

/// What makes a shell complete the command line: commands, flags, the values that a flag may have, and behind
/// `--set` the names of settings. Made from the tree alone, so that it knows what the program knows. Each is
/// a script for its shell, whole, in the place that its package has for them:
///
///   bash  …/share/bash-completion/completions/skerry
///   zsh   …/share/zsh/site-functions/_skerry
///   fish  …/share/fish/vendor_completions.d/skerry.fish
namespace skerry::commands {

std::string bash_completions(const Command& root, const config::Schema& schema);
std::string zsh_completions(const Command& root, const config::Schema& schema);
std::string fish_completions(const Command& root, const config::Schema& schema);

}  // namespace skerry::commands
