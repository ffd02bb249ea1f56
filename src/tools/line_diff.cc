#include "tools/line_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "wire/utf8.h"

namespace hs::tools {
namespace {

constexpr std::size_t line_bytes_max = 200;

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

bool is_hidden(char32_t one) {
    return (one < 0x20 && one != '\t') || (one >= 0x7f && one < 0xa0) || one == 0xad ||
           (one >= 0x200b && one <= 0x200f) || (one >= 0x2028 && one <= 0x202e) ||
           (one >= 0x2060 && one <= 0x206f) || one == 0xfeff || (one >= 0xe0000 && one <= 0xe01ef);
}

void add_side(std::string& out, const std::vector<std::string_view>& lines, char mark,
              std::size_t lines_max) {
    for (std::size_t at = 0; at < std::min(lines.size(), lines_max); ++at) {
        out += fmt::format("{} {}\n", mark, visible_line(lines[at], line_bytes_max));
    }
    if (lines.size() > lines_max) {
        out += fmt::format("{} [… {} more lines …]\n", mark, lines.size() - lines_max);
    }
}

}  // namespace

std::string visible_line(std::string_view line, std::size_t bytes_max) {
    std::string out;
    while (!line.empty() && out.size() < bytes_max) {
        const char32_t one = wire::take_code_point(line);
        if (is_hidden(one)) {
            out += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(one));
        } else {
            wire::append_utf8(out, one);
        }
    }
    if (!line.empty()) out += fmt::format(" [… {} more bytes]", line.size());
    return out;
}

LineDiff diff_lines(std::string_view before, std::string_view after, std::size_t lines_max) {
    std::vector<std::string_view> old_lines = lines_of(before);
    std::vector<std::string_view> new_lines = lines_of(after);
    std::size_t head = 0;
    while (head < std::min(old_lines.size(), new_lines.size()) &&
           old_lines[head] == new_lines[head]) {
        ++head;
    }
    std::size_t tail = 0;
    while (tail < std::min(old_lines.size(), new_lines.size()) - head &&
           old_lines[old_lines.size() - 1 - tail] == new_lines[new_lines.size() - 1 - tail]) {
        ++tail;
    }
    const auto middle = [&](const std::vector<std::string_view>& lines) {
        return std::vector<std::string_view>(lines.begin() + static_cast<std::ptrdiff_t>(head),
                                             lines.end() - static_cast<std::ptrdiff_t>(tail));
    };
    const auto removed = middle(old_lines);
    const auto added = middle(new_lines);
    LineDiff diff;
    diff.removed = removed.size();
    diff.added = added.size();
    if (head > 0) diff.text += fmt::format("  [line {}]\n", head + 1);
    add_side(diff.text, removed, '-', lines_max);
    add_side(diff.text, added, '+', lines_max);
    return diff;
}

}  // namespace hs::tools
