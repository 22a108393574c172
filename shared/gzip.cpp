#include "shared/gzip.hpp"

#include <algorithm>
#include <limits>

#include <zlib.h>

namespace skerry {
namespace {

constexpr int kGzipWindow = MAX_WBITS + 16;  // zlib's way to ask for the gzip format
constexpr std::size_t kFirstRoom = std::size_t{16} * 1024;

Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT: zlib's next_in is not const
}

/// Gives zlib, which counts in 32 bits, the next piece of what is left.
void top_up(uInt& available, std::size_t& left) {
  if (available != 0) return;
  available = static_cast<uInt>(std::min<std::size_t>(left, std::numeric_limits<uInt>::max()));
  left -= available;
}

/// An inflating stream that is ended with its scope.
struct Inflater {
  z_stream stream{};
  bool ok = inflateInit2(&stream, kGzipWindow) == Z_OK;
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream); }
};

}  // namespace

std::string gzip(std::string_view bytes, int level) {
  z_stream stream{};
  gz_header header{};
  header.os = 255;
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  deflateSetHeader(&stream, &header);
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = bytes_of(bytes);
  stream.next_out = bytes_of(out);
  std::size_t unread = bytes.size(), room = out.size();
  int status = Z_OK;
  while (status == Z_OK) {
    top_up(stream.avail_in, unread);
    top_up(stream.avail_out, room);
    status = deflate(&stream, unread == 0 ? Z_FINISH : Z_NO_FLUSH);
  }
  out.resize(out.size() - room - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

Result<std::string> gunzip(std::string_view bytes, std::size_t cap) {
  Inflater inflater;
  if (!inflater.ok) return fail("gzip_invalid", "no memory to inflate");
  z_stream& stream = inflater.stream;
  stream.next_in = bytes_of(bytes);
  std::size_t unread = bytes.size(), used = 0;
  std::string out;
  cap = std::min(cap, out.max_size() - 1);
  for (;;) {
    // One byte over the cap shows that there is more without storing it.
    if (used == out.size()) out.resize(std::min(std::max(kFirstRoom, used * 2), cap + 1));
    std::size_t room = out.size() - used;
    stream.next_out = bytes_of(out) + used;
    stream.avail_out = 0;
    top_up(stream.avail_out, room);
    top_up(stream.avail_in, unread);
    const int status = inflate(&stream, Z_NO_FLUSH);
    used = out.size() - room - stream.avail_out;
    if (used > cap) return fail("gzip_too_large", "inflates to more than " + std::to_string(cap) + " bytes");
    const bool read_all = stream.avail_in == 0 && unread == 0;
    if (status == Z_STREAM_END) {
      if (read_all) break;
      if (inflateReset(&stream) != Z_OK) return fail("gzip_invalid", "damaged gzip data");
    } else if (status == Z_BUF_ERROR || (status == Z_OK && read_all && stream.avail_out > 0)) {
      return fail("gzip_truncated", "the gzip data ends too early");
    } else if (status != Z_OK) {
      return fail("gzip_invalid", "not gzip data, or damaged");
    }
  }
  out.resize(used);
  return out;
}

}  // namespace skerry
