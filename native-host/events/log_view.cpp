#include "native-host/events/log_view.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "native-host/program/human.hpp"
#include "native-host/program/world.hpp"

namespace skerry::events {

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

Error bad_place(const std::string& text) {
  return {"bad_time",
          "Where is \"" + text +
              "\"? Write beginning, end, the number of a record, 2h, 2026-11-21T08:00:00; in Redis also the "
              "id of an entry.",
          ErrorKind::usage};
}

Result<LogView> LogView::open(std::filesystem::path folder) {
  LogView view(std::move(folder));
  const auto there = program::is_there(view.folder_);
  if (!there) return std::unexpected(there.error());
  if (!*there) {
    return fail(ErrorKind::not_found, "events_missing",
                "There is no event log in " + view.folder_.parent_path().string() +
                    " yet: start `skerry serve`, or say --data-dir.");
  }
  if (auto listed = view.refresh(); !listed) return std::unexpected(listed.error());
  return view;
}

Result<void> LogView::refresh() {
  auto listing = list_segments(*storage_, folder_);
  if (!listing) return std::unexpected(listing.error());
  *listing_ = *std::move(listing);
  return {};
}

Cursor LogView::cursor(std::uint64_t sequence) const {
  return {storage_,
          [listing = listing_](std::uint64_t wanted) { return locate_in(listing->segments)(wanted); },
          sequence};
}

Result<std::uint64_t> LogView::next() const {
  auto last = cursor(segments().empty() ? 1 : segments().back().first);
  for (;;) {
    const auto item = last.next();
    if (!item) return std::unexpected(item.error());
    if (std::holds_alternative<std::monostate>(*item)) return last.sequence();
  }
}

Result<std::uint64_t> LogView::find(const std::string& text) const {
  if (text == "beginning") return first();
  if (text == "end") return next();
  if (const auto number = number_in(text)) return std::max(*number, first());
  const auto moment = program::parse_moment(text, program::system_now());
  if (!moment) return std::unexpected(bad_place(text));
  return sequence_at(storage_, segments(), *moment);
}

}  // namespace skerry::events
