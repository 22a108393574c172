#include "native-host/files/stages.hpp"

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <zstd.h>

#include "native-host/files/files.hpp"
#include "native-host/files/test_folder.hpp"
#include "shared/gzip.hpp"

namespace skerry::files {
namespace {

using Make = std::function<std::unique_ptr<Sink>(std::unique_ptr<Sink>)>;

/// What comes out of a stage into which `input` goes in pieces of random sizes, or of one byte each.
Result<std::string> through(const Make& make, std::string_view input, std::minstd_rand& random,
                            std::size_t largest) {
  std::string output;
  const auto sink = make(into(output));
  while (!input.empty()) {
    const auto piece = input.substr(0, std::uniform_int_distribution<std::size_t>(0, largest)(random));
    if (auto written = sink->write(piece); !written) return std::unexpected(written.error());
    input.remove_prefix(piece.size());
  }
  if (auto ended = sink->end(); !ended) return std::unexpected(ended.error());
  return output;
}

Result<std::string> through(const Make& make, std::string_view input) {
  std::string output;
  const auto sink = make(into(output));
  if (auto written = sink->write(input); !written) return std::unexpected(written.error());
  if (auto ended = sink->end(); !ended) return std::unexpected(ended.error());
  return output;
}

std::unique_ptr<Sink> packed_with_gzip(std::unique_ptr<Sink> next) {
  return gzip(std::move(next));
}
std::unique_ptr<Sink> packed_with_zstd(std::unique_ptr<Sink> next) {
  return zstd(std::move(next));
}
std::unique_ptr<Sink> unpacked_from_gzip(std::unique_ptr<Sink> next) {
  return gunzip(std::move(next));
}
std::unique_ptr<Sink> unpacked_from_zstd(std::unique_ptr<Sink> next) {
  return unzstd(std::move(next));
}

struct Format {
  std::string name;
  Make pack;
  Make unpack;
  std::function<std::unique_ptr<Sink>(std::unique_ptr<Sink>, std::uint64_t)> unpack_capped;
};

std::vector<Format> formats() {
  return {{"gzip", &packed_with_gzip, &unpacked_from_gzip,
           [](auto next, std::uint64_t cap) { return gunzip(std::move(next), cap); }},
          {"zstd", &packed_with_zstd, &unpacked_from_zstd,
           [](auto next, std::uint64_t cap) { return unzstd(std::move(next), {.cap = cap}); }}};
}

std::string text_of(std::size_t size, std::minstd_rand& random) {
  std::string text(size, '\0');
  // Half of it compresses well, half not at all.
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(i < size / 2 ? 'a' + i % 7 : random() >> 8U);
  return text;
}

}  // namespace

TEST_CASE("what was packed comes out again, however it is cut") {
  std::minstd_rand random(1);
  for (const auto& format : formats()) {
    for (const std::size_t size : {0U, 1U, 2U, 1'000U, 65'536U, 300'000U}) {
      CAPTURE(format.name);
      CAPTURE(size);
      const auto text = text_of(size, random);
      const auto packed = through(format.pack, text);
      REQUIRE(packed);
      for (const std::size_t largest : {1U, 7U, 5'000U, 200'000U}) {
        CHECK(through(format.pack, text, random, largest) == packed);
        CHECK(through(format.unpack, *packed, random, largest) == text);
      }
    }
  }
}

TEST_CASE("others understand what is packed, and are understood") {
  std::minstd_rand random(2);
  const auto text = text_of(200'000, random);
  CHECK(skerry::gunzip(*through(&packed_with_gzip, text), text.size()) == text);
  CHECK(through(&unpacked_from_gzip, skerry::gzip(text, 9)) == text);

  const auto packed = *through(&packed_with_zstd, text);
  std::string plain(text.size(), '\0');
  CHECK(ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size()) == text.size());
  CHECK(plain == text);
  std::string other(ZSTD_compressBound(text.size()), '\0');
  other.resize(ZSTD_compress(other.data(), other.size(), text.data(), text.size(), 5));
  CHECK(through(&unpacked_from_zstd, other) == text);
}

TEST_CASE("threads compress as well") {
  std::minstd_rand random(3);
  const auto text = text_of(20'000'000, random);
  const auto packed = through([](auto next) { return zstd(std::move(next), {.level = 1, .threads = 2}); },
                              text, random, 100'000);
  REQUIRE(packed);
  CHECK(packed->size() < text.size() * 6 / 10);
  CHECK(through(&unpacked_from_zstd, *packed) == text);
}

TEST_CASE("members one behind the other are one stream; anything else is told") {
  std::minstd_rand random(4);
  const std::string skippable("\x5e\x2a\x4d\x18\x03\0\0\0abc", 11);
  for (const auto& format : formats()) {
    CAPTURE(format.name);
    const auto one = *through(format.pack, "one");
    const auto two = *through(format.pack, "two");
    struct Case {
      std::string input;
      std::string result;  // or the code of an error
    };
    std::vector<Case> cases{
        {one + two, "onetwo"},
        {"", format.name + "_truncated"},
        {one.substr(0, 1), format.name + "_truncated"},
        {one.substr(0, 9), format.name + "_truncated"},
        {one.substr(0, one.size() - 1), format.name + "_truncated"},
        {one + two.substr(0, 1), format.name + "_truncated"},
        {one + two.substr(0, two.size() - 1), format.name + "_truncated"},
        {one + "x", format.name + "_trailing"},
        {one + one[0] + "x", format.name + "_trailing"},
        {one + std::string(512, '\0'), format.name + "_trailing"},
        {"not packed", format.name + "_invalid"},
        {std::string(1, one[0]) + "x", format.name + "_invalid"},
        {one.substr(0, one.size() - 1) + char(one.back() ^ 1), format.name + "_invalid"},
    };
    if (format.name == "zstd") {
      auto between = skippable;
      for (const auto* part : {&one, &skippable, &two, &skippable}) between += *part;
      cases.push_back({between, "onetwo"});
      cases.push_back({skippable, ""});
      cases.push_back({one + skippable.substr(0, 10), "zstd_truncated"});
    }
    for (const auto& [input, result] : cases) {
      CAPTURE(input);
      for (const std::size_t largest : {1U, 4U, 1'000U}) {
        const auto output = through(format.unpack, input, random, largest);
        CHECK((output ? *output : output.error().code) == result);
        if (!output) CHECK(output.error().kind == ErrorKind::damaged);
      }
    }
  }
}

TEST_CASE("a bomb goes off at its cap") {
  std::minstd_rand random(5);
  std::string zeros;
  zeros.resize(50'000'000);
  for (const auto& format : formats()) {
    CAPTURE(format.name);
    const auto packed = *through(format.pack, zeros);
    std::uint64_t passed = 0;
    const auto bomb = [&](auto next) {
      return format.unpack_capped(count(std::move(next), passed), 1'000'000);
    };
    const auto exploded = through(bomb, packed, random, 10'000);
    CHECK(exploded.error().code == format.name + "_too_large");
    CHECK(exploded.error().kind == ErrorKind::too_large);
    CHECK(passed <= 1'000'000);
    const auto exact = [&](auto next) { return format.unpack_capped(std::move(next), zeros.size()); };
    CHECK(through(exact, packed).has_value());
    const auto tight = [&](auto next) { return format.unpack_capped(std::move(next), zeros.size() - 1); };
    CHECK(through(tight, packed).error().code == format.name + "_too_large");
  }
}

TEST_CASE("a frame that needs much memory is refused") {
  // A frame's head alone: a window of 2^31 bytes (RFC 8878, 3.1.1.1.2).
  const std::string head("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00", 9);
  const auto refused = through(&unpacked_from_zstd, head);
  CHECK(refused.error().code == "zstd_window_too_large");
  CHECK(refused.error().kind == ErrorKind::too_large);
}

TEST_CASE("stages count, hash, limit and copy what they hand on") {
  std::uint64_t bytes = 7;
  std::string digest;
  std::string first;
  std::string second;
  const auto sink = count(hash(limit(tee(into(first), into(second)), 5), digest), bytes);
  REQUIRE(sink->write("ab"));
  REQUIRE(sink->write("c"));
  CHECK(digest.empty());
  REQUIRE(sink->end());
  CHECK(bytes == 3);
  CHECK(digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(first == "abc");
  CHECK(second == "abc");
  CHECK(sink->write("d").error().code == "stream_ended");
  CHECK(sink->end().error().code == "stream_ended");
}

TEST_CASE("a limit lets nothing of what is too much through") {
  std::string text;
  const auto sink = limit(into(text), 5);
  REQUIRE(sink->write("12345"));
  REQUIRE(sink->write(""));
  CHECK(sink->write("6").error().code == "too_large");
  CHECK(sink->write("").error().code == "too_large");
  CHECK(sink->end().error().code == "too_large");
  CHECK(text == "12345");
}

TEST_CASE("what the last sink says comes back through all") {
  const TestFolder folder;
  const auto place = folder.path / "place";
  std::filesystem::create_directory(place);
  auto draft = Draft::begin(place / "state");
  REQUIRE(draft);
  std::string digest;
  std::string copy;
  const auto sink = hash(gunzip(tee(into(*draft), into(copy))), digest);
  REQUIRE(sink->write(skerry::gzip("abc", 1)));
  REQUIRE(sink->end());
  CHECK(digest.size() == 64);
  REQUIRE(draft->commit());
  const auto closed = gunzip(into(*draft));
  CHECK(closed->write(skerry::gzip("abc", 1)).error().code == "file_failed");
  CHECK(read_whole(place / "state") == "abc");
}

TEST_CASE("a pump moves a file, and stops when it is told to") {
  const TestFolder folder;
  std::minstd_rand random(6);
  const auto text = text_of(1'000'000, random);
  REQUIRE(write_atomically(folder.path / "file", text));
  std::string output;
  auto source = from_file(folder.path / "file");
  REQUIRE(source);
  CHECK(pump(**source, *gzip(gunzip(into(output)))) == text.size());
  CHECK(output == text);

  std::stop_source stop;
  stop.request_stop();
  const auto sink = into(output);
  CHECK(pump(*from_text("abc"), *sink, stop.get_token()).error().kind == ErrorKind::stopped);
  CHECK(pump(*from_text("abc"), *limit(into(output), 2)).error().code == "too_large");
}

TEST_CASE("only regular files are read, and no links") {
  const TestFolder folder;
  std::filesystem::create_symlink("/etc/passwd", folder.path / "link");
  CHECK(from_file(folder.path / "link").error().code == "file_failed");
  CHECK(from_file(folder.path).error().code == "file_failed");
  CHECK(from_file("/dev/null").error().code == "file_failed");
  CHECK(from_file(folder.path / "missing").error().kind == ErrorKind::not_found);
}

}  // namespace skerry::files
