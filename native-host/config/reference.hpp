#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "native-host/config/settings.hpp"

/// What people look up about settings, made from the tables alone: nothing here is written twice.
namespace skerry::config {

/// One setting, each part as it is read by people.
struct ReferenceRow {
  std::string section = {};  ///< the table's owner, or `functions.latest`
  std::string name = {};     ///< `update.interval`
  std::string meaning = {};  ///< a sentence
  std::string unit =
      {};  ///< `duration`, `size`, `number`, `seconds`, `switch`, `text`, `URL`, `list`, `secret`
  std::string fallback = {};     ///< the default, in its text form; empty: none
  std::string range = {};        ///< what it may be; empty: any
  std::string environment = {};  ///< `SKERRY_UPDATE_INTERVAL`
  bool live = false;             ///< see Setting::live
  bool in_file = true;           ///< false for what must not stand in skerry.toml
  std::string toml = {};         ///< the default as TOML has it
};

/// All of them, in the order of the tables, those of the functions last.
std::vector<ReferenceRow> reference(const Schema& schema);

/// As a page (Markdown), a table for each section: native-host/SETTINGS.md.
std::string reference_page(const Schema& schema);
/// The same as `{"settings":[{"name", "section", "meaning", "unit", "default", "range", "environment",
/// "live"}]}`.
std::string reference_json(const Schema& schema);
/// A skerry.toml of comments alone, in which every line `#name = value` is the setting's default: without its
/// `#` it is accepted and changes nothing.
std::string sample_file(const Schema& schema);

}  // namespace skerry::config
