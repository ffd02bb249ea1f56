#include "ship/position.h"

#include <fmt/format.h>

#include "audit/note.h"
#include "os/file.h"

namespace hs::ship {

using base::Code;
using base::fail;
using base::Result;

namespace {
constexpr std::size_t position_bytes_max = 4096;
}

std::string Position::text() const {
    return fmt::format(
        "hardshell-ship-position 1\nlog {}\nnext {}\nsent {}\nlast {}\ndelivered {}\nresent {}\n"
        "lost {}\nchannel {}\n",
        log, next, sent, last ? std::to_string(*last) : "-", delivered, resent, lost, channel);
}

Result<Position> parse_position(std::string_view text) {
    const std::string_view whole = text;
    const auto field = [&text](std::string_view name) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        return line.starts_with(name) ? line.substr(name.size()) : std::string_view{};
    };
    const auto read = [&]() -> Result<Position> {
        Position position;
        field("hardshell-ship-position ");
        position.log = field("log ");
        position.next = TRY(audit::parse_decimal(field("next ")));
        position.sent = TRY(audit::parse_decimal(field("sent ")));
        const std::string_view last = field("last ");
        if (last != "-") position.last = TRY(audit::parse_decimal(last));
        position.delivered = TRY(audit::parse_decimal(field("delivered ")));
        position.resent = TRY(audit::parse_decimal(field("resent ")));
        position.lost = TRY(audit::parse_decimal(field("lost ")));
        position.channel = field("channel ");
        return position;
    };
    auto position = read();
    if (position && position->text() == whole && position->next <= position->sent) return position;
    return fail(Code::corrupt,
                "a sink's position is damaged; remove the file to ship from the "
                "beginning of the log");
}

Result<Position> load_position(const std::string& path) {
    const auto text = TRY(os::read_text(path, position_bytes_max));
    auto position = parse_position(text);
    if (position) return position;
    return fail(Code::corrupt, fmt::format("{}: {}", path, position.error().what));
}

Result<> save_position(const std::string& path, const Position& position) {
    return os::write_file_atomic(path, base::bytes_of(position.text()));
}

}  // namespace hs::ship
