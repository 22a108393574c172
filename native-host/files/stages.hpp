#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "native-host/files/stream.hpp"

/// Sinks that do something to a stream and hand it on to the next, which each of them owns:
///
///     auto sink = gunzip(limit(hash(into(draft), digest), 30 << 30));
///
/// Whatever the stream's size, each holds a bounded number of bytes of it. An error of the next one comes
/// back as it is. What is given by reference has to outlive the sink.
namespace skerry::files {

/// Counts the bytes that come through.
std::unique_ptr<Sink> count(std::unique_ptr<Sink> next, std::uint64_t& bytes);

/// Their SHA-256, lower-case, which is in `digest` when the stream ends.
std::unique_ptr<Sink> hash(std::unique_ptr<Sink> next, std::string& digest);

/// Lets `most` bytes through. Error: `too_large` (kind `too_large`) for a piece that has more, of which
/// nothing is handed on.
std::unique_ptr<Sink> limit(std::unique_ptr<Sink> next, std::uint64_t most);

/// Gives every piece to both. An error of either ends both.
std::unique_ptr<Sink> tee(std::unique_ptr<Sink> first, std::unique_ptr<Sink> second);

/// One gzip member (RFC 1952), without time or name; `level` is 1 to 9.
std::unique_ptr<Sink> gzip(std::unique_ptr<Sink> next, int level = 6);

/// What a decoder's output may come to: the guard against bombs.
inline constexpr std::uint64_t kNoCap = ~std::uint64_t{0};

/// Takes one or more gzip members. Errors: `gzip_truncated` (the stream ends within a member, or is empty),
/// `gzip_trailing` (what follows a member is no other), `gzip_too_large` (kind `too_large`: more than `cap`
/// bytes come out), `gzip_invalid` (not gzip, or damaged); all others of kind `damaged`.
std::unique_ptr<Sink> gunzip(std::unique_ptr<Sink> next, std::uint64_t cap = kNoCap);

struct ZstdOptions {
  int level = 3;    ///< 1 to 19
  int threads = 0;  ///< that compress beside the caller's; 0: none do. Each takes some megabytes.
};

/// One zstd frame (RFC 8878) with a checksum.
std::unique_ptr<Sink> zstd(std::unique_ptr<Sink> next, const ZstdOptions& options = {});

struct UnzstdOptions {
  std::uint64_t cap = kNoCap;
  int window_log = 27;  ///< a frame that needs more memory than 2^27 bytes is refused
};

/// Takes one or more zstd frames, and skippable ones between them. Errors: as `gunzip`, with `zstd_` for
/// `gzip_`; `zstd_window_too_large` (kind `too_large`).
std::unique_ptr<Sink> unzstd(std::unique_ptr<Sink> next, const UnzstdOptions& options = {});

}  // namespace skerry::files
