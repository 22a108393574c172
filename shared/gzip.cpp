#include "shared/gzip.hpp"

#include <zlib.h>

#include <algorithm>

namespace skerry {
namespace {

constexpr int kGzipWindow = MAX_WBITS + 16;  // zlib's way to ask for the gzip format
constexpr std::size_t kFirstRoom = std::size_t{16} * 1024;

Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT: zlib's next_in is not const
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
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = bytes_of(out);
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<std::string> gunzip(std::string_view bytes, std::size_t cap) {
  Inflater inflater;
  if (!inflater.ok) return fail("gzip_invalid", "no memory to inflate");
  z_stream& stream = inflater.stream;
  stream.next_in = bytes_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::size_t used = 0;
  for (;;) {
    // One byte over the cap shows that there is more without storing it.
    if (used == out.size()) out.resize(std::min(std::max(kFirstRoom, out.size() * 2), cap + 1));
    stream.next_out = bytes_of(out) + used;
    stream.avail_out = static_cast<uInt>(out.size() - used);
    const int status = inflate(&stream, Z_NO_FLUSH);
    used = out.size() - stream.avail_out;
    if (used > cap) return fail("gzip_too_large", "inflates to more than " + std::to_string(cap) + " bytes");
    if (status == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      if (inflateReset(&stream) != Z_OK) return fail("gzip_invalid", "damaged gzip data");
    } else if (status == Z_BUF_ERROR || (status == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)) {
      return fail("gzip_truncated", "the gzip data ends too early");
    } else if (status != Z_OK) {
      return fail("gzip_invalid", "not gzip data, or damaged");
    }
  }
  out.resize(used);
  return out;
}

}  // namespace skerry
