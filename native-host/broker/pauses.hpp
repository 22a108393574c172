#pragma once

#include <filesystem>

#include "native-host/broker/fetch.hpp"

namespace skerry::broker {

/// What hosts asked for counts for every process of a data folder, as cron starts them: it stands in a small
/// file, `{"https://archive.example":"2026-11-28T09:00:00Z"}`, which is there as long as there is any.

/// A file that can't be read is as none; so are its entries that are none, and those that have been over for
/// a week: nobody asks those hosts any more.
Pauses read_pauses(const std::filesystem::path& file, Time now);
/// Error: as `files::write_atomically`.
Result<void> write_pauses(const std::filesystem::path& file, const Pauses& pauses);

}  // namespace skerry::broker
