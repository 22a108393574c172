#pragma once

namespace skerry::program {

/// Makes the allocator take what is large from the system and give it back there, piece by piece; its default
/// learns from one large body to keep all of its kind. At the start.
void keep_memory_in_pieces();

/// Gives back what the allocator has kept of memory that nobody uses any more, where that is worth it. From
/// any thread; takes some milliseconds for each 100 MB.
void give_memory_back();

}  // namespace skerry::program
