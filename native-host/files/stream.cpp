#include "native-host/files/stream.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace skerry::files {
namespace {

constexpr std::size_t kPiece = 128UL << 10U;

class TextSink final : public Sink {
 public:
  explicit TextSink(std::string& text) : text_(text) {}

 private:
  Result<void> take(std::string_view piece) override {
    text_ += piece;
    return {};
  }
  Result<void> finish() override { return {}; }

  std::string& text_;
};

class DraftSink final : public Sink {
 public:
  explicit DraftSink(Draft& draft) : draft_(draft) {}

 private:
  Result<void> take(std::string_view piece) override { return draft_.write(piece); }
  Result<void> finish() override { return {}; }

  Draft& draft_;
};

class TextSource final : public Source {
 public:
  explicit TextSource(std::string_view text) : text_(text) {}

  Result<std::size_t> read(std::span<char> room) override {
    const auto piece = text_.substr(0, room.size());
    std::ranges::copy(piece, room.begin());
    text_.remove_prefix(piece.size());
    return piece.size();
  }

 private:
  std::string_view text_;
};

class FileSource final : public Source {
 public:
  FileSource(Descriptor file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  Result<std::size_t> read(std::span<char> room) override {
    for (;;) {
      const auto count = ::read(file_.get(), room.data(), room.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return file_error("Can't read " + name_, errno);
    }
  }

 private:
  Descriptor file_;
  std::string name_;
};

}  // namespace

Result<void> Sink::write(std::string_view piece) {
  if (closed_) return std::unexpected(*closed_);
  auto taken = take(piece);
  if (!taken) closed_ = taken.error();
  return taken;
}

Result<void> Sink::end() {
  if (closed_) return std::unexpected(*closed_);
  auto finished = finish();
  closed_ = finished ? Error{"stream_ended", "The stream has ended already.", ErrorKind::conflict}
                     : finished.error();
  return finished;
}

Result<std::uint64_t> pump(Source& source, Sink& sink, const std::stop_token& stop) {
  std::vector<char> room(kPiece);
  for (std::uint64_t total = 0;;) {
    if (stop.stop_requested()) return fail(ErrorKind::stopped, "stopped", "The program is stopping.");
    const auto count = source.read(room);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) {
      if (auto ended = sink.end(); !ended) return std::unexpected(ended.error());
      return total;
    }
    if (auto written = sink.write({room.data(), *count}); !written) return std::unexpected(written.error());
    total += *count;
  }
}

std::unique_ptr<Sink> into(std::string& text) {
  return std::make_unique<TextSink>(text);
}

std::unique_ptr<Sink> into(Draft& draft) {
  return std::make_unique<DraftSink>(draft);
}

std::unique_ptr<Source> from_text(std::string_view text) {
  return std::make_unique<TextSource>(text);
}

Result<std::unique_ptr<Source>> from_file(const std::filesystem::path& path) {
  const auto what = "Can't read " + path.string();
  Descriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status{};
  if (!file || fstat(file.get(), &status) != 0) return file_error(what, errno);
  if (!S_ISREG(status.st_mode)) return fail("file_failed", what + ": it is no regular file.");
  return std::make_unique<FileSource>(std::move(file), path.string());
}

}  // namespace skerry::files
