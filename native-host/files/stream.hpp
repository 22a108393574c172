#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "native-host/files/descriptor.hpp"
#include "native-host/files/draft.hpp"
#include "shared/error.hpp"

/// Streams of bytes, piece by piece: a source is asked for them, a sink is given them.
namespace skerry::files {

/// Takes a stream. After an error, and after the end, it takes no more: every further call fails alike. How a
/// stream is cut into pieces changes nothing. One thread at a time.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  /// The piece is used up when it returns; it may be empty.
  Result<void> write(std::string_view piece);
  /// There is no more. What goes without it is not whole.
  Result<void> end();

 private:
  virtual Result<void> take(std::string_view piece) = 0;
  virtual Result<void> finish() = 0;

  std::optional<Error> closed_;
};

/// Gives a stream.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  /// Fills at least a byte of the room, which is not empty; 0: the stream is at its end.
  virtual Result<std::size_t> read(std::span<char> room) = 0;
};

/// Gives all of a source to a sink, and ends it. Returns the bytes that went over.
/// Errors: those of both; `stopped`, between two pieces. The sink is not ended then.
Result<std::uint64_t> pump(Source& source, Sink& sink, const std::stop_token& stop = {});

/// Appends to a text, which has to outlive it.
std::unique_ptr<Sink> into(std::string& text);
/// Writes a draft, which has to outlive it. Its end is not a commit: that is for who owns the draft.
std::unique_ptr<Sink> into(Draft& draft);

/// Of a text that outlives it.
std::unique_ptr<Source> from_text(std::string_view text);
/// Of a regular file, from its first byte; a link in its place is not followed. Errors: as `file_error`, also
/// from `read`.
Result<std::unique_ptr<Source>> from_file(const std::filesystem::path& path);

}  // namespace skerry::files
