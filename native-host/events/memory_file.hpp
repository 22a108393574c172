#pragma once

#include <cerrno>
#include <cstdint>
#include <span>
#include <string_view>

#include "native-host/events/storage.hpp"

namespace skerry::events {

/// For tests: bytes to read as a file, which outlive it.
class MemoryFile final : public File {
 public:
  explicit MemoryFile(std::string_view bytes) : bytes_(bytes) {}
  Io<std::size_t> read(std::uint64_t offset, std::span<char> bytes) const override {
    return offset < bytes_.size() ? bytes_.copy(bytes.data(), bytes.size(), offset) : 0;
  }
  Io<std::size_t> write(std::uint64_t, std::string_view) override { return std::unexpected(EROFS); }
  Io<void> sync() override { return std::unexpected(EROFS); }
  Io<void> reserve(std::uint64_t, std::uint64_t) override { return std::unexpected(EROFS); }
  Io<void> truncate(std::uint64_t) override { return std::unexpected(EROFS); }
  [[nodiscard]] Io<std::uint64_t> size() const override { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

}  // namespace skerry::events
