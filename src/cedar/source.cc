#include "cedar/source.h"

#include <fmt/format.h>

#include <algorithm>

namespace hs::cedar {
namespace {

constexpr std::size_t excerpt_max = 160;  // bytes shown of a line

bool continues_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

std::uint32_t count_characters(std::string_view text) {
    std::uint32_t count = 0;
    for (const char byte : text) count += continues_character(byte) ? 0U : 1U;
    return count;
}

// The part of the line around the offset that fits a screen, never cutting a character.
Span window(std::string_view text, Span line, std::uint32_t offset) {
    Span shown = line;
    if (line.end - line.begin <= excerpt_max) return shown;
    const std::uint32_t half = excerpt_max / 2;
    if (offset > line.begin + half) shown.begin = offset - half;
    shown.end = std::min<std::uint32_t>(line.end, shown.begin + excerpt_max);
    while (shown.begin < shown.end && continues_character(text[shown.begin])) ++shown.begin;
    while (shown.end > shown.begin && shown.end < line.end &&
           continues_character(text[shown.end])) {
        --shown.end;
    }
    return shown;
}

// Control characters would move the caret or the terminal.
std::string printable(std::string_view text) {
    std::string out(text);
    for (char& byte : out) {
        if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) byte = ' ';
    }
    return out;
}

}  // namespace

std::string_view SourceText::slice(Span span) const {
    const std::size_t begin = std::min<std::size_t>(span.begin, text_.size());
    const std::size_t end = std::clamp<std::size_t>(span.end, begin, text_.size());
    return std::string_view(text_).substr(begin, end - begin);
}

LineColumn SourceText::locate(std::uint32_t offset) const {
    const std::string_view before =
        std::string_view(text_).substr(0, std::min<std::size_t>(offset, text_.size()));
    LineColumn place;
    place.line = 1 + static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t newline = before.rfind('\n');
    const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
    place.column = 1 + count_characters(before.substr(start));
    return place;
}

std::string SourceText::describe(Span span, std::string_view message) const {
    const std::string_view all = text_;
    const auto size = static_cast<std::uint32_t>(all.size());
    const std::uint32_t at = std::min(span.begin, size);
    const LineColumn place = locate(at);
    const std::size_t newline = at == 0 ? std::string_view::npos : all.rfind('\n', at - 1);
    const std::size_t close = all.find('\n', at);
    Span line;
    line.begin = newline == std::string_view::npos ? 0 : static_cast<std::uint32_t>(newline + 1);
    line.end = close == std::string_view::npos ? size : static_cast<std::uint32_t>(close);
    line.end = std::max(line.end, line.begin);
    const Span shown = window(all, line, at);
    const std::uint32_t indent = count_characters(slice({shown.begin, at}));
    const std::uint32_t stop = std::min(std::max(span.end, at), shown.end);
    const std::uint32_t width = std::max<std::uint32_t>(1, count_characters(slice({at, stop})));
    return fmt::format("{}:{}:{}: {}\n  {}\n  {:{}}{}", name_, place.line, place.column, message,
                       printable(slice(shown)), "", indent, std::string(width, '^'));
}

base::Failure fail_at(const SourceText& source, Span span, std::string_view message,
                      base::Place where) {
    return base::fail(base::Code::invalid_input, source.describe(span, message), where);
}

}  // namespace hs::cedar
