#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

/// The port through which the disk log uses the disk, so that tests can break it at every step.
namespace skerry::events {

/// A value, or the errno of what failed.
template <class T>
using Io = std::expected<T, int>;

/// An open file; its end closes it.
class File {
 public:
  virtual ~File() = default;
  /// At least a byte; may be less than all (pwrite(2)).
  virtual Io<std::size_t> write(std::uint64_t offset, std::string_view bytes) = 0;
  /// 0: the file ends at or before `offset` (pread(2)).
  virtual Io<std::size_t> read(std::uint64_t offset, std::span<char> bytes) const = 0;
  /// What was written, and how long the file is, survives a power failure (fdatasync(2)).
  virtual Io<void> sync() = 0;
  /// Makes the file at least `size` long, with zeros that have their place on the disk. They are written from
  /// `filled` on, for what comes before is about to be: so a later write and its sync change no metadata,
  /// which makes them several times faster and spares them the file system's journal.
  virtual Io<void> reserve(std::uint64_t size, std::uint64_t filled) = 0;
  virtual Io<void> truncate(std::uint64_t size) = 0;
  [[nodiscard]] virtual Io<std::uint64_t> size() const = 0;
};

/// Thread-safe.
class Storage {
 public:
  virtual ~Storage() = default;
  /// EEXIST where there is one.
  virtual Io<std::unique_ptr<File>> create(const std::filesystem::path& path) = 0;
  /// A regular file; of anything else, and of a link: ENXIO, EISDIR or ELOOP.
  virtual Io<std::unique_ptr<File>> open(const std::filesystem::path& path, bool writable) = 0;
  virtual Io<void> remove(const std::filesystem::path& path) = 0;
  /// False only where it is sure that there is none.
  virtual bool exists(const std::filesystem::path& path) = 0;
  /// Files that were created or removed in it are so after a power failure.
  virtual Io<void> sync_folder(const std::filesystem::path& folder) = 0;
  /// The old bytes or the new ones, durable, whatever happens.
  virtual Io<void> replace(const std::filesystem::path& path, std::string_view bytes) = 0;
  /// That others than root may still use on this disk.
  virtual Io<std::uint64_t> free_bytes(const std::filesystem::path& folder) = 0;
};

/// The real one.
std::shared_ptr<Storage> disk_storage();

}  // namespace skerry::events
