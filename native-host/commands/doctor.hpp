#pragma once

#include <span>
#include <string>
#include <vector>

#include "native-host/config/config.hpp"
#include "native-host/program/checks.hpp"

namespace skerry::commands {

/// `unreadable`: why the settings could not be read; null: they were.
program::Finding judge_settings(const Error* unreadable, std::span<const std::string> warnings);

/// True where nothing failed.
bool is_well(std::span<const program::Finding> findings);

/// For a terminal.
std::string doctor_text(std::span<const program::Finding> findings, bool colour);
/// `{"ok": true, "findings": [{"name", "status": "ok"|"warning"|"failed", "message", "advice"}]}`
std::string doctor_json(std::span<const program::Finding> findings);

}  // namespace skerry::commands
