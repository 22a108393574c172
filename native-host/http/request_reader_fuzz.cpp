#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "native-host/http/request_reader.hpp"

using skerry::http::RequestReader;

namespace {

/// The shortest end of a chunked body: with less of a body at hand, the reader may wait before it judges.
constexpr std::size_t kLastChunk = 5;

struct Reading {
  std::string requests;
  int refused = 0;       // the status, 0 for a reader that waits for more
  std::size_t held = 0;  // bytes that wait with it

  friend bool operator==(const Reading& one, const Reading& other) {
    if (one.requests != other.requests) return false;
    if (one.refused == other.refused) return true;
    const auto& waiting = one.refused == 0 ? one : other;
    return waiting.refused == 0 && waiting.held < kLastChunk;
  }
};

/// What the reader makes of a stream that comes in pieces; with `takes`, its bodies are taken as they come.
Reading read_all(std::string_view stream, std::size_t piece, bool takes) {
  RequestReader reader({.header_bytes = 2048, .target_bytes = 256});
  Reading reading;
  std::string body;
  std::string taken;
  std::size_t begin = 0;
  for (std::size_t end = 0; end < stream.size();) {
    end = std::min(end + piece, stream.size());
    while (begin < end) {
      auto took = reader.read(stream.substr(begin, end - begin));
      if (!took) {
        reading.refused = took.error().status;
        return reading;
      }
      begin += *took;
      if (reader.state() == RequestReader::State::body && !reader.limit_body(4096)) {
        reading.refused = 413;
        return reading;
      }
      if (takes && reader.state() != RequestReader::State::head) {
        reader.take_piece(taken);
        body += taken;
      }
      if (reader.state() == RequestReader::State::done) {
        const auto& request = reader.request();
        if (!takes) body = request.body;
        if (body.size() > 4096 || request.target.empty()) __builtin_trap();
        reading.requests.append(request.method).append(" ").append(request.target).append(" ").append(body) +=
            '\n';
        body.clear();
        reader.next();
      } else if (*took == 0) {
        break;
      }
    }
  }
  reading.held = stream.size() - begin;
  return reading;
}

}  // namespace

/// However a stream is cut into pieces and its bodies are taken, the reader finds the same requests in it:
/// what a smuggled request would break.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view stream(reinterpret_cast<const char*>(data), size);
  const auto whole = read_all(stream, stream.size() + 1, false);
  if (!(read_all(stream, 1, false) == whole) || !(read_all(stream, 7, true) == whole)) __builtin_trap();
  return 0;
}
