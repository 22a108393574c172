#pragma once

#include <string_view>
#include <vector>

#include "native-host/broker/listing.hpp"

namespace skerry::broker {

/// Archives in folders of this machine: `file:///srv/archive/rrc00`.

/// True of a `file` URL.
bool is_local(std::string_view url);

/// The MRT files of a folder, with their exact sizes: the rules for names and times are those of
/// parse_listing. Whatever is no regular file, or no link to one, is left out. Always `complete`. Errors:
/// `http_404` (there is no such folder), `folder_unreadable`.
Result<Listing> read_local_folder(std::string_view url, Time not_after);

/// The months (`YYYY.MM`) that are folders there, up to `last`. Errors: as above.
Result<std::vector<Month>> local_months(std::string_view url, Month last);

}  // namespace skerry::broker
