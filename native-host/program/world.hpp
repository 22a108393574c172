#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <typeindex>

#include "native-host/config/config.hpp"
#include "native-host/kv/store.hpp"
#include "native-host/program/outward.hpp"

namespace skerry::program {

struct Capability;

/// Where a run's data lives, and whether it is true. Decided before anything is opened.
class World {
 public:
  explicit World(const config::Loaded& loaded);

  /// From now on all data is made up: it gets a folder of its own inside the data folder, and no way out.
  /// Error: `config_invalid` (usage) where it would go into a database that somebody named; `why` tells what
  /// asks for it.
  Result<void> make_up(const std::string& why);

  [[nodiscard]] bool is_made_up() const { return made_up_; }
  [[nodiscard]] const std::filesystem::path& data_dir() const { return data_dir_; }
  /// Of the data folder, where it is made up: `.skerry/replica`.
  [[nodiscard]] std::filesystem::path made_up_dir() const;
  /// Null where data is made up.
  [[nodiscard]] const Outward* outward() const { return made_up_ ? nullptr : &outward_; }
  /// Empty: a private cluster in `data_dir`.
  [[nodiscard]] const std::string& database_url() const { return database_url_; }

  /// For a dry run: where there is no private cluster yet, all that has to be made is made in a folder for
  /// itself, which goes with the last copy of this world. Where there is a database, nothing in it changes.
  /// Error: as `files::file_error`.
  Result<void> borrow_folder();
  /// Whether this is a dry run in a database that is there.
  [[nodiscard]] bool only_looks() const { return only_looks_; }
  /// For commands that change what is there: made up where a capability says that the settings ask for it.
  static World meant(const config::Loaded& loaded, std::span<const Capability> capabilities);
  /// For commands that look: likewise, and where a data folder holds nothing but made-up data, that is what
  /// they look at. A line on standard error says so.
  static World to_look_at(const config::Loaded& loaded, std::span<const Capability> capabilities);

  /// What a capability's `prepare` leaves for its `open`, by type; kept as long as the program runs.
  template <class T>
  void keep(std::shared_ptr<T> thing) {
    kept_[typeid(T)] = std::move(thing);
  }
  /// Null where nothing was left.
  template <class T>
  [[nodiscard]] T* kept() const {
    const auto found = kept_.find(typeid(T));
    return found == kept_.end() ? nullptr : static_cast<T*>(found->second.get());
  }

 private:
  std::filesystem::path data_dir_;
  std::string database_url_;
  bool made_up_ = false;
  bool only_looks_ = false;
  Outward outward_;
  std::shared_ptr<void> borrowed_;
  std::map<std::type_index, std::shared_ptr<void>> kept_;
};

/// Before a command opens anything: a process of root becomes the user whose data folder it is, so that what
/// it makes there never stands in that user's way. Says so on a terminal. Error: as `files::become_owner_of`.
Result<void> settle_owner(const config::Loaded& loaded);

/// The key-value store of a world.
std::filesystem::path store_path(const World& world);

/// That store, for commands that look; null where there is none: looking makes none. Errors: as `is_there`;
/// `kv_unavailable`, which says whom to run as where that is why (denied).
Result<std::unique_ptr<kv::Store>> open_store(const World& world);

/// Whether something is at `path`. Error: `folder_denied` (denied) where this user may not know.
Result<bool> is_there(const std::filesystem::path& path);

}  // namespace skerry::program
