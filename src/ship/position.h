// Position: how far one sink's stream has come, kept on disk. The log itself is the queue.
//
// docs/formats/ship-position.md has the bytes.
// What it does not protect from: whoever may write the state folder.
// Threads: one owner at a time.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace hs::ship {

struct Position {
    std::string log;                    // the origin that the numbers belong to
    std::uint64_t next = 0;             // the first record that the receiver has not confirmed
    std::uint64_t sent = 0;             // the first record that was never handed over
    std::optional<std::uint64_t> last;  // the last confirmed record of this stream
    std::uint64_t delivered = 0;
    std::uint64_t resent = 0;
    std::uint64_t lost = 0;  // refused by the receiver for good
    std::string channel;     // Splunk's, a GUID

    bool operator==(const Position&) const = default;
    std::string text() const;
};
// corrupt unless the text is one.
base::Result<Position> parse_position(std::string_view text);

// not_found where there is none yet.
base::Result<Position> load_position(const std::string& path);
// Durable when it returns.
base::Result<> save_position(const std::string& path, const Position& position);

}  // namespace hs::ship
