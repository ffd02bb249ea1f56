#include "policy/canonical_path.h"

#include <fmt/format.h>

#include "policy/unicode.h"
#include "wire/utf8.h"

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;

bool is_plain_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

// Refuses what a person cannot see or would read as something else.
Result<> check_characters(std::string_view text) {
    if (is_plain_ascii(text)) return {};
    if (!wire::is_utf8(text)) return fail(Code::invalid_input, "expected a path in UTF-8");
    for (const char32_t code_point : code_points(text)) {
        const auto number = static_cast<std::uint32_t>(code_point);
        if (is_hidden(code_point)) {
            return fail(
                Code::invalid_input,
                fmt::format("a path may not hold the invisible character U+{:04X}", number));
        }
        if (looks_like_separator(code_point)) {
            return fail(
                Code::invalid_input,
                fmt::format("a path may not hold U+{:04X}, which looks like a slash", number));
        }
    }
    return {};
}

// A segment such as full-width dots, which another program may read as "..".
Result<> check_segment(std::string_view segment) {
    if (segment.size() > path_name_bytes_max) {
        return fail(Code::invalid_input,
                    fmt::format("a name in a path has at most {} bytes", path_name_bytes_max));
    }
    if (is_plain_ascii(segment)) return {};
    const std::string folded = TRY(fold_compatible(segment));
    if (folded == "." || folded == ".." || folded.find('/') != std::string::npos) {
        return fail(Code::invalid_input, "a name in a path looks like a dot segment or a slash");
    }
    return {};
}

Result<std::string> join(const std::vector<std::string_view>& segments) {
    if (segments.size() > path_depth_max) {
        return fail(Code::invalid_input,
                    fmt::format("a path has at most {} segments", path_depth_max));
    }
    std::string text;
    for (const std::string_view segment : segments) {
        TRY(check_segment(segment));
        text += '/';
        text += segment;
    }
    if (text.empty()) text = "/";
    return text;
}

// The usual case without allocating: printable ASCII, no segment empty, too long or of dots alone.
bool is_plainly_canonical(std::string_view text) {
    if (text.size() < 2 || text.size() > path_bytes_max || text.front() != '/') return false;
    std::size_t length = 0;
    std::size_t depth = 0;
    bool only_dots = true;
    for (std::size_t i = 1; i <= text.size(); ++i) {
        const char c = i < text.size() ? text[i] : '/';
        if (c < 0x20 || c == 0x7f) return false;
        if (c != '/') {
            only_dots = only_dots && c == '.';
            ++length;
            continue;
        }
        if (length == 0 || length > path_name_bytes_max || only_dots) return false;
        if (++depth > path_depth_max) return false;
        length = 0;
        only_dots = true;
    }
    return true;
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> segments;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('/'), text.size());
        if (end > 0) segments.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return segments;
}

}  // namespace

Result<CanonicalPath> CanonicalPath::from_text(std::string_view text) {
    if (text.empty() || text.front() != '/') {
        return fail(Code::invalid_input, "expected an absolute path, beginning with '/'");
    }
    if (text.size() > path_bytes_max) {
        return fail(Code::invalid_input,
                    fmt::format("a path has at most {} bytes", path_bytes_max));
    }
    TRY(check_characters(text));
    std::vector<std::string_view> segments;
    for (const std::string_view segment : split(text)) {
        if (segment == ".") continue;
        if (segment != "..") {
            segments.push_back(segment);
            continue;
        }
        if (segments.empty()) return fail(Code::invalid_input, "the path leads above the root");
        segments.pop_back();
    }
    return CanonicalPath(TRY(join(segments)));
}

Result<CanonicalPath> CanonicalPath::from_resolved(std::string_view text) {
    if (is_plainly_canonical(text)) return CanonicalPath(std::string(text));
    CanonicalPath path = TRY(from_text(text));
    if (path.text_ != text) {
        return fail(Code::invalid_input, "expected a resolved path, but it is not canonical");
    }
    return path;
}

std::string_view CanonicalPath::name() const {
    return std::string_view(text_).substr(text_.rfind('/') + 1);
}

std::vector<std::string_view> CanonicalPath::ancestors() const {
    std::vector<std::string_view> result;
    const std::string_view whole = text_;
    for (std::size_t slash = whole.rfind('/'); slash != 0; slash = whole.rfind('/', slash - 1)) {
        result.push_back(whole.substr(0, slash));
    }
    if (whole.size() > 1) result.push_back(whole.substr(0, 1));
    return result;
}

std::vector<std::string_view> CanonicalPath::segments() const {
    return split(text_);
}

bool CanonicalPath::lies_in(const CanonicalPath& folder) const {
    if (folder.text_ == "/") return true;
    if (!text_.starts_with(folder.text_)) return false;
    return text_.size() == folder.text_.size() || text_[folder.text_.size()] == '/';
}

std::string folded_name(std::string_view name) {
    if (is_plain_ascii(name)) {
        std::string lower(name);
        for (char& c : lower) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        }
        return lower;
    }
    Result<std::string> folded = fold_compatible(name);
    return folded ? *std::move(folded) : std::string();
}

}  // namespace hs::policy
