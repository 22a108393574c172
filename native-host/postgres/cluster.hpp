#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "shared/error.hpp"

namespace skerry::postgres {

/// In the cluster's folder: shared by all who use it, for one alone who must have it for itself.
inline constexpr const char* kUsersLock = "users.lock";

struct ClusterOptions {
  /// The program's data folder; the cluster lives in `postgres` inside it.
  std::filesystem::path data_dir = ".skerry";
  /// For initdb, and again for the server to accept connections.
  std::chrono::seconds timeout{60};
  /// For the server to stop, and for others that start or stop it meanwhile. Afterwards it is left to end by
  /// itself, of which `say` is told.
  std::chrono::milliseconds stop_timeout{60'000};
  /// Ends the waits of `start` (kind `stopped`).
  std::stop_token stop = {};
  /// Where the server's programs are; empty: the newest installed PostgreSQL ≥ 15.
  std::filesystem::path bin_dir = {};
  /// The caller holds `kUsersLock` for itself: nobody else uses the cluster, and no database is made in it.
  bool alone = false;
  /// Gets one line for each step that takes time or needs to be known ("Creating the database in …").
  std::function<void(std::string_view)> say = [](std::string_view) {};
};

/// A private PostgreSQL cluster, reached through a Unix socket in a folder that only its owner may enter.
///
/// `<data_dir>/postgres` holds `data` (PGDATA), `server.log`, `socket` and two lock files. Where the socket's
/// path would be longer than the 107 bytes that a socket address holds, the socket lies in a short folder
/// under $XDG_RUNTIME_DIR, /run or /tmp.
///
/// Root runs the server as the user `postgres`, or else `nobody`, and gives that user the folder. Where that
/// user can't reach the data folder (a home of mode 700), `<data_dir>/postgres` becomes a link to a folder of
/// its own under /var/lib/skerry.
///
/// Several programs may hold the same cluster at once: the first starts the server, the last one stops it,
/// and a server that none of them started is left alone. What a kill -9 left behind is cleaned up or taken
/// over.
///
/// Errors: `postgres_not_installed`, `postgres_version` (the folder was made by a version that is not
/// installed), `postgres_upgrading` (busy: upgrade.hpp has it), `postgres_failed` (with the last lines of the
/// server's log), `postgres_folder` (a folder can't be made or has a foreign owner).
class Cluster {
 public:
  /// Creates the cluster where there is none, starts it where it does not run, and creates its database.
  static Result<Cluster> start(const ClusterOptions& options);

  Cluster(Cluster&&) noexcept;
  Cluster& operator=(Cluster&&) noexcept;
  /// Stops as `stop` does.
  ~Cluster();

  /// For `Connection::open`. Valid while the server runs.
  [[nodiscard]] const std::string& conninfo() const;
  /// The folder that holds `data` and `server.log`, with links resolved.
  [[nodiscard]] const std::filesystem::path& folder() const;
  /// True if this object started the server (false: it ran already).
  [[nodiscard]] bool started() const;

  /// False once the server has ended by itself, or was killed. Not for two threads at once.
  [[nodiscard]] bool runs() const;

  /// Lets go of the cluster, and stops the server if nobody else holds it. Waits until it is down.
  Result<void> stop();

 private:
  struct State;
  explicit Cluster(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace skerry::postgres
