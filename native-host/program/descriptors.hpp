#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace skerry::program {

/// Descriptors for all but clients: the log's segments, the store, pipes, connections to databases.
inline constexpr std::uint64_t kOwnFiles = 256;

/// Lets the process have as many descriptors as it may, and says how many that are.
std::uint64_t raise_descriptor_limit();
/// How many it might have.
std::uint64_t most_descriptors();

/// Of so many descriptors: how many connections each of the servers may have, the first the most of them. As
/// many as are `wanted` for the first, or what is possible besides `own` files, at least one.
std::vector<unsigned> share_connections(std::uint64_t descriptors, std::uint64_t own, std::int64_t wanted,
                                        std::size_t servers);

}  // namespace skerry::program
