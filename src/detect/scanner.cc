#include "detect/scanner.h"

#include <algorithm>

namespace hs::detect {

void Scanner::count_to(std::string_view text, std::size_t place) {
    while (counted_ < offset_ + place) {
        const auto at = static_cast<std::size_t>(counted_ - offset_);
        const auto* newline =
            static_cast<const char*>(std::memchr(text.data() + at, '\n', place - at));
        if (newline == nullptr) {
            counted_ = offset_ + place;
            return;
        }
        ++line_;
        counted_ = offset_ + static_cast<std::uint64_t>(newline - text.data()) + 1;
        line_begin_ = counted_;
    }
}

void Scanner::emit(std::string_view text, const Span& span) {
    if (span.confidence < options_.confidence_min || offset_ + span.begin < settled_) return;
    settled_ = offset_ + span.end;
    count_to(text, span.begin);
    Finding finding;
    finding.kind = span.kind;
    finding.family = span.family;
    finding.offset = offset_ + span.begin;
    finding.length = span.end - span.begin;
    finding.line = line_;
    finding.column = finding.offset - line_begin_ + 1;
    finding.confidence = span.confidence;
    finding.masked = mask(text.substr(span.begin, span.end - span.begin));
    finding.within = span.within;
    sink_(finding);
}

void Scanner::process(std::string_view text, std::size_t from, std::size_t to) {
    budget_.bytes = std::min<std::uint64_t>(budget_.bytes + 2 * (to - from), 1 << 26);
    Report report;
    Window window(text, options_.wanted, 0, budget_);
    window.scan(from, to, report);
    for (const Span& span : report.settle()) emit(text, span);
}

void Scanner::feed(std::string_view text) {
    while (!text.empty()) {
        const std::size_t room = done_ + block_bytes + ahead_bytes - held_.size();
        const std::string_view piece = text.substr(0, room);
        held_ += piece;
        text.remove_prefix(piece.size());
        if (held_.size() < done_ + block_bytes + ahead_bytes) return;
        process(held_, done_, done_ + block_bytes);
        done_ += block_bytes;
        count_to(held_, done_);
        const std::size_t drop = done_ > back_bytes ? done_ - back_bytes : 0;
        held_.erase(0, drop);
        done_ -= drop;
        offset_ += drop;
    }
}

void Scanner::finish() {
    process(held_, done_, held_.size());
    held_.clear();
    done_ = 0;
}

std::vector<Finding> scan(std::string_view text, const Options& options) {
    std::vector<Finding> findings;
    Scanner scanner(options, [&](const Finding& finding) { findings.push_back(finding); });
    for (std::size_t at = 0; at < text.size(); at += Scanner::block_bytes) {
        scanner.process(text, at, std::min(text.size(), at + Scanner::block_bytes));
    }
    return findings;
}

std::size_t secret_kinds() {
    return Catalogue::instance().kinds();
}

}  // namespace hs::detect
