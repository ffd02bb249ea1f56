#include "detect/redaction.h"

#include <algorithm>

namespace hs::detect {

namespace {

constexpr std::string_view opening = "[[HS_";
constexpr std::string_view closing = "]]";

Options options_of(const RedactionWanted& wanted) {
    Options options;
    options.wanted.secrets = wanted.secrets;
    options.wanted.personal = wanted.personal;
    options.wanted.injection = false;
    options.confidence_min = Redaction::confidence_min;
    return options;
}

// Where a placeholder ends that begins at at, or npos.
std::size_t end_of_placeholder(std::string_view text, std::size_t at) {
    const std::string_view near = text.substr(at, Redaction::placeholder_bytes_max);
    const std::size_t end = near.find(closing, opening.size());
    return end == std::string_view::npos ? end : at + end + closing.size();
}

}  // namespace

bool Redaction::touches(std::string_view text, const RedactionWanted& wanted) {
    return text.find(opening) != std::string_view::npos || !scan(text, options_of(wanted)).empty();
}

std::string Redaction::placeholder_for(std::string_view kind, std::string_view value) {
    const auto known = by_value_.find(value);
    if (known != by_value_.end()) return known->second;
    if (by_value_.size() >= values_max) return "[[removed]]";
    std::size_t& count = counts_[std::string(kind)];
    std::string placeholder = std::string(opening) + std::string(kind.substr(0, 48)) + "_" +
                              std::to_string(++count) + std::string(closing);
    by_value_.emplace(value, placeholder);
    by_placeholder_.emplace(placeholder, value);
    return placeholder;
}

std::string Redaction::redact(std::string_view text, const RedactionWanted& wanted,
                              Replacements* replaced) {
    const auto findings = scan(text, options_of(wanted));
    std::string out;
    std::size_t at = 0;
    // Between findings: what has a placeholder's form is a value like others.
    const auto pass_to = [&](std::size_t end) {
        while (at < end) {
            const std::size_t fake = text.substr(0, end).find(opening, at);
            if (fake == std::string_view::npos) break;
            out += text.substr(at, fake - at);
            out += placeholder_for("text", opening);
            at = fake + opening.size();
        }
        if (at < end) out += text.substr(at, end - at);
        at = std::max(at, end);
    };
    for (const Finding& finding : findings) {
        if (finding.offset < at) continue;
        pass_to(finding.offset);
        const std::size_t end = std::min<std::size_t>(text.size(), finding.offset + finding.length);
        out += placeholder_for(finding.kind, text.substr(finding.offset, end - finding.offset));
        at = end;
        if (replaced == nullptr) continue;
        ++replaced->kinds[std::string(finding.kind)];
        ++(finding.family == Family::secret ? replaced->secrets : replaced->personal);
    }
    pass_to(text.size());
    return out;
}

const std::string* Redaction::value_of(std::string_view placeholder) const {
    const auto found = by_placeholder_.find(placeholder);
    return found == by_placeholder_.end() ? nullptr : &found->second;
}

std::string Redaction::restore(std::string_view text) const {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t begin = text.find(opening, at);
        if (begin == std::string_view::npos) break;
        out += text.substr(at, begin - at);
        const std::size_t end = end_of_placeholder(text, begin);
        const std::string* value =
            end == std::string_view::npos ? nullptr : value_of(text.substr(begin, end - begin));
        if (value == nullptr) {
            out += opening;
            at = begin + opening.size();
            continue;
        }
        out += *value;
        at = end;
    }
    out += text.substr(std::min(at, text.size()));
    return out;
}

std::string StreamRestore::feed(std::string_view piece) {
    held_ += piece;
    // What may still become a placeholder: from the last opening, or a beginning of one, on.
    std::size_t keep = held_.size();
    const std::size_t open = held_.rfind(opening);
    if (open != std::string::npos && held_.find(closing, open) == std::string::npos &&
        held_.size() - open < Redaction::placeholder_bytes_max) {
        keep = open;
    } else {
        const std::size_t tail = std::min(held_.size(), opening.size() - 1);
        for (std::size_t size = tail; size > 0; --size) {
            if (!opening.starts_with(std::string_view(held_).substr(held_.size() - size))) continue;
            keep = held_.size() - size;
            break;
        }
    }
    std::string ready = redaction_.restore(std::string_view(held_).substr(0, keep));
    held_.erase(0, keep);
    return ready;
}

std::string StreamRestore::finish() {
    std::string rest = redaction_.restore(held_);
    held_.clear();
    return rest;
}

}  // namespace hs::detect
