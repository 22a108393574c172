#pragma once

#include <utility>

#include <unistd.h>

namespace skerry::files {

/// Owns an open file descriptor, or none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  [[nodiscard]] int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  /// close(2) with its result: false, with errno, where what was written may be lost. It is closed either
  /// way.
  [[nodiscard]] bool close() { return ::close(std::exchange(number_, -1)) == 0; }
  void reset() { *this = Descriptor(); }
  /// Leaves it to somebody else.
  [[nodiscard]] int release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

}  // namespace skerry::files
