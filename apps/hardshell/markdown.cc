#include "hardshell/markdown.h"

#include "wire/utf8.h"

namespace hs::cli {
namespace {

std::size_t shown_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        if (text.starts_with("\x1b[")) {
            text.remove_prefix(std::min(text.find('m') + 1, text.size()));
            continue;
        }
        wire::take_code_point(text);
        ++width;
    }
    return width;
}

std::string_view without_indent(std::string_view line) {
    while (line.starts_with(' ')) line.remove_prefix(1);
    return line;
}

// "- ", "* ", "12. ": the length of a list marker, or 0.
std::size_t marker_size(std::string_view text) {
    if (text.starts_with("- ") || text.starts_with("* ") || text.starts_with("+ ")) return 2;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 3 && text[digits] >= '0' && text[digits] <= '9')
        ++digits;
    return digits > 0 && text.substr(digits).starts_with(". ") ? digits + 2 : 0;
}

}  // namespace

void MarkdownStream::add(std::string_view text) {
    if (text.empty()) return;
    wrote_ = true;
    if (!screen_.coloured()) {
        screen_.write(text);
        at_line_start_ = text.back() == '\n';
        return;
    }
    held_ += text;
    for (std::size_t end = held_.find('\n'); end != std::string::npos; end = held_.find('\n')) {
        show_line(std::string_view(held_).substr(0, end));
        held_.erase(0, end + 1);
    }
}

void MarkdownStream::finish() {
    if (!held_.empty()) show_line(std::exchange(held_, {}));
    if (!at_line_start_) screen_.write("\n");
    at_line_start_ = true;
    in_code_ = false;
}

void MarkdownStream::show_line(std::string_view line) {
    const std::string_view bare = without_indent(line);
    const std::string indent(line.size() - bare.size(), ' ');
    at_line_start_ = true;
    if (bare.starts_with("```")) {
        in_code_ = !in_code_;
        return;
    }
    if (in_code_) return screen_.line("  " + screen_.tone(Tone::code, line));
    if (bare.starts_with('#')) {
        const std::size_t marks = bare.find_first_not_of('#');
        if (marks != std::string_view::npos && bare[marks] == ' ') {
            return screen_.line(screen_.tone(Tone::strong, bare.substr(marks + 1)));
        }
    }
    if (bare.starts_with("> ")) {
        return wrap(indent + screen_.tone(Tone::faint, "│ "),
                    indent + screen_.tone(Tone::faint, "│ "), bare.substr(2));
    }
    if (const std::size_t marker = marker_size(bare); marker > 0) {
        const bool bullet = marker == 2 && (bare[0] < '0' || bare[0] > '9');
        const std::string lead = bullet ? "• " : std::string(bare.substr(0, marker));
        return wrap(indent + lead, indent + std::string(marker, ' '), bare.substr(marker));
    }
    wrap(indent, indent, bare);
}

// **strong**, *emphasis*, `code`. A mark without its partner stays as it is.
std::string MarkdownStream::inline_spans(std::string_view text) const {
    std::string out;
    while (!text.empty()) {
        const std::string_view mark = text.starts_with("**")  ? "**"
                                      : text.starts_with("`") ? "`"
                                      : text.starts_with("*") ? "*"
                                                              : "";
        const std::size_t end =
            mark.empty() ? std::string_view::npos : text.find(mark, mark.size());
        if (end == std::string_view::npos || end == mark.size() ||
            (mark != "`" && text[mark.size()] == ' ')) {
            const std::size_t plain =
                mark.empty() ? std::min(text.find_first_of("*`"), text.size()) : mark.size();
            out += text.substr(0, plain);
            text.remove_prefix(plain);
            continue;
        }
        const std::string_view inner = text.substr(mark.size(), end - mark.size());
        out += screen_.tone(mark == "`" ? Tone::code : Tone::strong, inner);
        text.remove_prefix(end + mark.size());
    }
    return out;
}

void MarkdownStream::wrap(const std::string& lead, const std::string& hang,
                          std::string_view text) const {
    const std::string styled = inline_spans(text);
    const std::size_t room = screen_.columns() > 1 ? screen_.columns() - 1 : 79;
    std::string line = lead;
    std::size_t used = shown_width(lead);
    bool first = true;
    std::string_view left = styled;
    while (!left.empty()) {
        const std::size_t space = std::min(left.find(' '), left.size());
        const std::string_view word = left.substr(0, space);
        left.remove_prefix(std::min(space + 1, left.size()));
        const std::size_t width = shown_width(word);
        if (!first && used + 1 + width > room) {
            screen_.line(line);
            line = hang;
            used = shown_width(hang);
            first = true;
        }
        if (!first) {
            line += ' ';
            ++used;
        }
        line += word;
        used += width;
        first = false;
    }
    screen_.line(line);
}

}  // namespace hs::cli
