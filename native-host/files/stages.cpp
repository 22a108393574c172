#include "native-host/files/stages.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "native-host/files/digest.hpp"

namespace skerry::files {
namespace {

constexpr std::size_t kRoom = 64UL << 10U;

class Stage : public Sink {
 public:
  explicit Stage(std::unique_ptr<Sink> next) : next_(std::move(next)) {}

 protected:
  Sink& next() { return *next_; }

 private:
  std::unique_ptr<Sink> next_;
};

class Count final : public Stage {
 public:
  Count(std::unique_ptr<Sink> next, std::uint64_t& bytes) : Stage(std::move(next)), bytes_(bytes) {
    bytes_ = 0;
  }

 private:
  Result<void> take(std::string_view piece) override {
    bytes_ += piece.size();
    return next().write(piece);
  }
  Result<void> finish() override { return next().end(); }

  std::uint64_t& bytes_;
};

class Hash final : public Stage {
 public:
  Hash(std::unique_ptr<Sink> next, std::string& digest) : Stage(std::move(next)), result_(digest) {}

 private:
  Result<void> take(std::string_view piece) override {
    digest_.update(piece);
    return next().write(piece);
  }
  Result<void> finish() override {
    result_ = digest_.finish();
    return next().end();
  }

  Digest digest_;
  std::string& result_;
};

class Limit final : public Stage {
 public:
  Limit(std::unique_ptr<Sink> next, std::uint64_t most) : Stage(std::move(next)), most_(most), left_(most) {}

 private:
  Result<void> take(std::string_view piece) override {
    if (piece.size() > left_) {
      return fail(ErrorKind::too_large, "too_large",
                  "There are more than the " + std::to_string(most_) + " bytes that are allowed.");
    }
    left_ -= piece.size();
    return next().write(piece);
  }
  Result<void> finish() override { return next().end(); }

  std::uint64_t most_;
  std::uint64_t left_;
};

class Tee final : public Stage {
 public:
  Tee(std::unique_ptr<Sink> first, std::unique_ptr<Sink> second)
      : Stage(std::move(first)), second_(std::move(second)) {}

 private:
  Result<void> take(std::string_view piece) override {
    if (auto done = next().write(piece); !done) return done;
    return second_->write(piece);
  }
  Result<void> finish() override {
    if (auto done = next().end(); !done) return done;
    return second_->end();
  }

  std::unique_ptr<Sink> second_;
};

// ---- gzip ----

Bytef* as_input(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

constexpr int kGzipWindow = 15 + 16;
constexpr std::size_t kLargestInput = std::size_t{1} << 30U;  // zlib counts in 32 bits

class Gzip final : public Stage {
 public:
  Gzip(std::unique_ptr<Sink> next, int level) : Stage(std::move(next)), room_(kRoom) {
    if (deflateInit2(&stream_, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::runtime_error("zlib has no memory");
  }
  ~Gzip() override { deflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

 private:
  Result<void> take(std::string_view piece) override {
    while (!piece.empty()) {
      const auto part = piece.substr(0, kLargestInput);
      piece.remove_prefix(part.size());
      stream_.next_in = as_input(part);
      stream_.avail_in = static_cast<uInt>(part.size());
      if (auto done = drain(Z_NO_FLUSH); !done) return done;
    }
    return {};
  }
  Result<void> finish() override {
    if (auto done = drain(Z_FINISH); !done) return done;
    return next().end();
  }

  Result<void> drain(int flush) {
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(room_.data());
      stream_.avail_out = static_cast<uInt>(room_.size());
      deflate(&stream_, flush);
      const auto count = room_.size() - stream_.avail_out;
      if (count == 0) break;
      if (auto done = next().write({room_.data(), count}); !done) return done;
    } while (stream_.avail_out == 0);
    return {};
  }

  z_stream stream_{};
  std::vector<char> room_;
};

/// What decoders have in common: a cap, and errors that differ in a word.
class Decoder : public Stage {
 public:
  Decoder(std::unique_ptr<Sink> next, std::string format, std::uint64_t cap)
      : Stage(std::move(next)), room_(kRoom), format_(std::move(format)), cap_(cap), left_(cap) {}

 protected:
  std::unexpected<Error> damaged(std::string_view what, std::string_view sentence) const {
    return fail(ErrorKind::damaged, format_ + "_" + std::string(what), std::string(sentence));
  }

  Result<void> hand_on(std::size_t count) {
    if (count > left_) {
      return fail(ErrorKind::too_large, format_ + "_too_large",
                  "Decompressed, there are more than " + std::to_string(cap_) + " bytes.");
    }
    left_ -= count;
    return count == 0 ? Result<void>() : next().write({room_.data(), count});
  }

  std::vector<char> room_;

 private:
  std::string format_;
  std::uint64_t cap_;
  std::uint64_t left_;
};

class Gunzip final : public Decoder {
 public:
  Gunzip(std::unique_ptr<Sink> next, std::uint64_t cap) : Decoder(std::move(next), "gzip", cap) {
    if (inflateInit2(&stream_, kGzipWindow) != Z_OK) throw std::runtime_error("zlib has no memory");
  }
  ~Gunzip() override { inflateEnd(&stream_); }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

 private:
  static constexpr std::string_view kMagic = "\x1f\x8b";

  Result<void> take(std::string_view piece) override {
    while (!piece.empty()) {
      if (magic_ < kMagic.size()) {
        if (piece[0] != kMagic[magic_]) {
          if (any_whole_) return damaged("trailing", "Something else follows the gzip data.");
          return damaged("invalid", "This is not gzip data.");
        }
        ++magic_;
      }
      // Byte by byte as far as the magic number goes, so that its end may lie in another piece.
      const auto part = piece.substr(0, magic_ < kMagic.size() ? 1 : kLargestInput);
      stream_.next_in = as_input(part);
      stream_.avail_in = static_cast<uInt>(part.size());
      if (auto done = drain(); !done) return done;
      piece.remove_prefix(part.size() - stream_.avail_in);
    }
    return {};
  }

  /// Inflates until the input is used up, or the member ends.
  Result<void> drain() {
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(room_.data());
      stream_.avail_out = static_cast<uInt>(room_.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (auto done = hand_on(room_.size() - stream_.avail_out); !done) return done;
      if (code == Z_STREAM_END) {
        any_whole_ = true;
        magic_ = 0;
        inflateReset(&stream_);
        return {};
      }
      if (code == Z_MEM_ERROR) throw std::runtime_error("zlib has no memory");
      if (code != Z_OK && code != Z_BUF_ERROR) return damaged("invalid", "The gzip data is damaged.");
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
    return {};
  }

  Result<void> finish() override {
    if (magic_ > 0 || !any_whole_) return damaged("truncated", "The gzip data ends too early.");
    return next().end();
  }

  z_stream stream_{};
  std::size_t magic_ = 0;   // bytes of a member's magic number that were there
  bool any_whole_ = false;  // a member came to its end
};

// ---- zstd ----

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* context) const {
    kFree(context);
  }
};

void check_zstd(std::size_t result) {
  if (ZSTD_isError(result) != 0) throw std::runtime_error(ZSTD_getErrorName(result));
}

class Zstd final : public Stage {
 public:
  Zstd(std::unique_ptr<Sink> next, const ZstdOptions& options)
      : Stage(std::move(next)), context_(ZSTD_createCCtx()), room_(ZSTD_CStreamOutSize()) {
    if (!context_) throw std::runtime_error("zstd has no memory");
    check_zstd(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, options.level));
    check_zstd(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1));
    if (options.threads > 0)
      check_zstd(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_nbWorkers, options.threads));
  }

 private:
  Result<void> take(std::string_view piece) override {
    ZSTD_inBuffer input{.src = piece.data(), .size = piece.size(), .pos = 0};
    while (input.pos < input.size)
      if (auto step = compress(input, ZSTD_e_continue); !step) return std::unexpected(step.error());
    return {};
  }
  Result<void> finish() override {
    ZSTD_inBuffer nothing{.src = nullptr, .size = 0, .pos = 0};
    for (;;) {
      const auto left = compress(nothing, ZSTD_e_end);
      if (!left) return std::unexpected(left.error());
      if (*left == 0) return next().end();
    }
  }

  Result<std::size_t> compress(ZSTD_inBuffer& input, ZSTD_EndDirective directive) {
    ZSTD_outBuffer output{.dst = room_.data(), .size = room_.size(), .pos = 0};
    const auto left = ZSTD_compressStream2(context_.get(), &output, &input, directive);
    check_zstd(left);
    if (output.pos > 0)
      if (auto done = next().write({room_.data(), output.pos}); !done) return std::unexpected(done.error());
    return left;
  }

  std::unique_ptr<ZSTD_CCtx, FreeWith<&ZSTD_freeCCtx>> context_;
  std::vector<char> room_;
};

class Unzstd final : public Decoder {
 public:
  Unzstd(std::unique_ptr<Sink> next, const UnzstdOptions& options)
      : Decoder(std::move(next), "zstd", options.cap), context_(ZSTD_createDCtx()) {
    if (!context_) throw std::runtime_error("zstd has no memory");
    check_zstd(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, options.window_log));
  }

 private:
  Result<void> take(std::string_view piece) override {
    while (!piece.empty()) {
      if (magic_ < kMagicSize && !belongs(piece[0])) {
        if (any_whole_) return damaged("trailing", "Something else follows the zstd data.");
        return damaged("invalid", "This is not zstd data.");
      }
      // Byte by byte as far as the magic number goes, so that its end may lie in another piece.
      ZSTD_inBuffer input{.src = piece.data(), .size = magic_ < kMagicSize ? 1 : piece.size(), .pos = 0};
      if (magic_ < kMagicSize) ++magic_;
      if (auto done = drain(input); !done) return done;
      piece.remove_prefix(input.pos);
    }
    return {};
  }

  /// Whether a byte is the next one of a frame's magic number, or a skippable frame's.
  bool belongs(char c) {
    constexpr std::string_view kFrame = "\x28\xb5\x2f\xfd";
    constexpr std::string_view kSkippable = "\x50\x2a\x4d\x18";
    if (magic_ > 0) return c == (skippable_ ? kSkippable : kFrame)[magic_];
    skippable_ = (static_cast<unsigned char>(c) & 0xF0U) == static_cast<unsigned char>(kSkippable[0]);
    return skippable_ || c == kFrame[0];
  }

  /// Decompresses until the input is used up, or the frame ends.
  Result<void> drain(ZSTD_inBuffer& input) {
    for (bool more = true; input.pos < input.size || more;) {
      ZSTD_outBuffer output{.dst = room_.data(), .size = room_.size(), .pos = 0};
      const auto left = ZSTD_decompressStream(context_.get(), &output, &input);
      if (auto done = hand_on(output.pos); !done) return done;
      if (ZSTD_isError(left) != 0) return explain(left);
      if (left == 0) {
        any_whole_ = true;
        magic_ = 0;
        return {};
      }
      more = output.pos == output.size;  // may be to come out of what has gone in
    }
    return {};
  }

  std::unexpected<Error> explain(std::size_t error) const {
    switch (ZSTD_getErrorCode(error)) {
      case ZSTD_error_memory_allocation: throw std::runtime_error("zstd has no memory");
      case ZSTD_error_frameParameter_windowTooLarge:
        return fail(ErrorKind::too_large, "zstd_window_too_large",
                    "To decompress this takes more memory than is allowed.");
      default: return damaged("invalid", "The zstd data is damaged.");
    }
  }

  Result<void> finish() override {
    if (magic_ > 0 || !any_whole_) return damaged("truncated", "The zstd data ends too early.");
    return next().end();
  }

  std::unique_ptr<ZSTD_DCtx, FreeWith<&ZSTD_freeDCtx>> context_;
  static constexpr std::size_t kMagicSize = 4;
  std::size_t magic_ = 0;   // bytes of a frame's magic number that were there
  bool skippable_ = false;  // of which kind they are
  bool any_whole_ = false;  // a frame came to its end
};

}  // namespace

std::unique_ptr<Sink> count(std::unique_ptr<Sink> next, std::uint64_t& bytes) {
  return std::make_unique<Count>(std::move(next), bytes);
}
std::unique_ptr<Sink> hash(std::unique_ptr<Sink> next, std::string& digest) {
  return std::make_unique<Hash>(std::move(next), digest);
}
std::unique_ptr<Sink> limit(std::unique_ptr<Sink> next, std::uint64_t most) {
  return std::make_unique<Limit>(std::move(next), most);
}
std::unique_ptr<Sink> tee(std::unique_ptr<Sink> first, std::unique_ptr<Sink> second) {
  return std::make_unique<Tee>(std::move(first), std::move(second));
}
std::unique_ptr<Sink> gzip(std::unique_ptr<Sink> next, int level) {
  return std::make_unique<Gzip>(std::move(next), level);
}
std::unique_ptr<Sink> gunzip(std::unique_ptr<Sink> next, std::uint64_t cap) {
  return std::make_unique<Gunzip>(std::move(next), cap);
}
std::unique_ptr<Sink> zstd(std::unique_ptr<Sink> next, const ZstdOptions& options) {
  return std::make_unique<Zstd>(std::move(next), options);
}
std::unique_ptr<Sink> unzstd(std::unique_ptr<Sink> next, const UnzstdOptions& options) {
  return std::make_unique<Unzstd>(std::move(next), options);
}

}  // namespace skerry::files
