#pragma once

#include <filesystem>

#include "native-host/postgres/connection.hpp"
#include "native-host/program/checks.hpp"

namespace skerry::program {

/// How patient a check is with the database.
inline const postgres::ConnectOptions kInspecting{.timeout = std::chrono::seconds(5),
                                                  .application_name = "skerry check",
                                                  .statement_timeout = std::chrono::seconds(5)};

/// The checks of what any capability stands on: `storage` (a file is written, read back, deleted),
/// `database`; for the doctor `data folder`, `key-value store`, the addresses, the secrets,
/// `trusted_proxies`, `open files`.
void add_trunk_checks(Checks& checks);
/// To come after all others: `disk` (1 GiB free), `clock`, which is compared with those that other probes
/// saw, and `systemd`.
void add_last_checks(Checks& checks);

/// What is left of a certificate's time when somebody should have renewed it.
inline constexpr std::chrono::hours kCertificateEnds{14 * 24};

// The judgements behind them: pure.

/// `free`: bytes of the file system of the data folder.
Finding judge_disk(std::uint64_t free);
/// `end`: of the certificate; a warning in its last two weeks (kCertificateEnds).
Finding judge_certificate(Time now, Time end);
Finding judge_store(const std::string& path, const Error& error);
/// Of a private cluster that `made_by` made (0: there is none) and the versions that are installed: what has
/// to be done about them, or ok.
Finding judge_cluster_version(int made_by, std::span<const int> installed);
/// Of a database of database_url that gives no connection.
Finding judge_database_elsewhere(const Error& error);
/// A data_dir that is something else.
Finding judge_no_folder(const std::string& path);
/// `mode`: of the data folder (stat(2)).
Finding judge_folder(const std::string& path, bool writable, unsigned mode);
/// `theirs`: what the clocks of others say now; `synchronised`: what the kernel says of its clock.
Finding judge_clock(Time now, std::span<const Time> theirs, std::optional<bool> synchronised);
/// Who holds a port that is taken.
enum class Holder { service, others_service, other };
/// `error`: of an attempt to listen; a port that the service of this data folder holds is as good as a free
/// one. One of another data folder keeps it from starting, like anything else.
Finding judge_port(const std::string& setting, const std::string& address, const std::optional<Error>& error,
                   Holder holder);
/// `closes`: what is closed without it, or empty. One that is set must be readable, whatever it closes.
Finding judge_secret(const std::string& secret, const std::string& closes, bool is_set,
                     const Result<std::string>& read);
/// Of a database that another program runs: what its user may not do, though the next start has to. Empty:
/// nothing.
Finding judge_rights(const std::string& version, bool may_make_schemas);
Finding judge_proxies(std::size_t count);
Finding judge_descriptors(std::uint64_t limit, std::int64_t max_connections);

}  // namespace skerry::program
