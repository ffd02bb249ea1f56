#include "mail/dkim_tags.h"

#include <algorithm>

#include "mail/words.h"

namespace hs::mail {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t list_entries_max = 256;

bool is_tag_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

}  // namespace

base::Result<DkimTags> read_dkim_tags(std::string_view text) {
    if (text.size() > dkim_tag_list_bytes_max)
        return fail(Code::exhausted, "a DKIM tag list is longer than 16 KiB");
    DkimTags tags;
    while (true) {
        const auto end = text.find(';');
        const auto part = trimmed(text.substr(0, end));
        if (part.empty() && end == std::string_view::npos) return tags;  // a last `;` is allowed
        const auto equals = part.find('=');
        const auto name = trimmed(part.substr(0, equals));
        if (equals == std::string_view::npos || !is_tag_name(name))
            return fail(Code::invalid_input, "a DKIM tag list is malformed");
        if (tags.size() == dkim_tags_max)
            return fail(Code::exhausted, "a DKIM tag list has more than 32 tags");
        if (!tags.emplace(name, trimmed(part.substr(equals + 1))).second)
            return fail(Code::invalid_input, "a DKIM tag stands twice");
        if (end == std::string_view::npos) return tags;
        text.remove_prefix(end + 1);
    }
}

std::string dkim_tag(const DkimTags& tags, std::string_view name, std::string_view otherwise) {
    const auto found = tags.find(name);
    return found == tags.end() ? std::string(otherwise) : found->second;
}

base::Result<std::vector<std::string>> colon_list(std::string_view text) {
    std::vector<std::string> result;
    while (true) {
        const auto end = text.find(':');
        if (result.size() == list_entries_max)
            return fail(Code::exhausted, "a DKIM list has more than 256 entries");
        result.push_back(lower_ascii(trimmed(text.substr(0, end))));
        if (end == std::string_view::npos) return result;
        text.remove_prefix(end + 1);
    }
}

std::string without_signature(std::string_view raw_field) {
    std::size_t at = raw_field.find(':') + 1;
    while (at < raw_field.size()) {
        const auto end = std::min(raw_field.find(';', at), raw_field.size());
        const auto part = raw_field.substr(at, end - at);
        const auto equals = part.find('=');
        if (equals != std::string_view::npos && trimmed(part.substr(0, equals)) == "b")
            return std::string(raw_field.substr(0, at + equals + 1)) +
                   std::string(raw_field.substr(end));
        at = end + 1;
    }
    return std::string(raw_field);
}

}  // namespace hs::mail
