#include "hardshell/screen.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "os/environment.h"
#include "wire/utf8.h"

namespace hs::cli {
namespace {

bool changes_direction(char32_t c) {
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
           c == 0x200f;
}

std::string_view code_of(Tone tone) {
    switch (tone) {
        case Tone::plain:
            return "";
        case Tone::strong:
            return "1";
        case Tone::faint:
            return "2";
        case Tone::good:
            return "32";
        case Tone::warning:
            return "33";
        case Tone::bad:
            return "31";
        case Tone::code:
            return "36";
    }
    return "";
}

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        wire::take_code_point(text);
        ++width;
    }
    return width;
}

std::string cut(std::string_view text, std::size_t width) {
    std::string out;
    std::size_t used = 0;
    while (!text.empty() && used + 1 < width) {
        wire::append_utf8(out, wire::take_code_point(text));
        ++used;
    }
    if (text.empty()) return out;
    return out + "…";
}

}  // namespace

std::string clean(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const char32_t c = wire::take_code_point(text);
        const bool control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0);
        if (control || changes_direction(c)) {
            fmt::format_to(std::back_inserter(out), "<U+{:04X}>", static_cast<unsigned>(c));
        } else {
            wire::append_utf8(out, c);
        }
    }
    return out;
}

Screen::Screen(Form form) : form_(form) {
    interactive_ = ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
    const auto term = os::environment("TERM");
    // https://no-color.org: any value of NO_COLOR means no colour.
    coloured_ = ::isatty(STDOUT_FILENO) != 0 && form == Form::text &&
                !os::environment("NO_COLOR") && term && *term != "dumb";
}

std::size_t Screen::columns() const {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) return size.ws_col;
    return 80;
}

std::string Screen::tone(Tone tone, std::string_view text) const {
    const std::string_view code = code_of(tone);
    if (!coloured_ || code.empty() || text.empty()) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void Screen::write(std::string_view text) const {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

void Screen::line(std::string_view text) const {
    write(std::string(text) + "\n");
}

void Screen::note(std::string_view text) const {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

void Screen::table(const std::vector<std::string>& heads,
                   const std::vector<std::vector<std::string>>& rows) const {
    std::vector<std::size_t> widths;
    for (const auto& head : heads) widths.push_back(width_of(head));
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(row[i]));
        }
    }
    const auto print = [&](const std::vector<std::string>& row, Tone tone) {
        std::string text;
        std::size_t used = 0;
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
            const bool last = i + 1 == widths.size();
            const std::size_t room = columns() > used + 8 ? columns() - used : 8;
            const std::string cell = last ? cut(clean(row[i]), room) : clean(row[i]);
            text += cell;
            if (!last)
                text += std::string(widths[i] - std::min(widths[i], width_of(cell)) + 2, ' ');
            used += widths[i] + 2;
        }
        line(this->tone(tone, text));
    };
    print(heads, Tone::faint);
    for (const auto& row : rows) print(row, Tone::plain);
}

void Screen::json(const wire::Json& value) const {
    line(wire::pretty_json(value));
}

void Screen::failure(const base::Error& error) const {
    if (form_ == Form::json) {
        wire::Json body;
        body["error"]["code"] = base::code_name(error.code);
        body["error"]["message"] = error.what;
        return json(body);
    }
    note("hardshell: " + clean(error.what));
}

}  // namespace hs::cli
