// SourceText: a text with a name, and the places inside it that messages point at.
//
// What it is for: policies and schemas keep byte offsets only; this turns an offset into
// line:column and an excerpt with a caret, so that every message shows where.
// What it does not protect from: an offset of another text. Keep the text beside its tree.
// Threads: immutable after construction; share it through shared_ptr<const SourceText>.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hs::cedar {

// Half-open range of byte offsets.
struct Span {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
};

struct LineColumn {
    std::uint32_t line = 1;    // from 1
    std::uint32_t column = 1;  // from 1, in code points
};

class SourceText {
  public:
    SourceText(std::string name, std::string text)
        : name_(std::move(name)), text_(std::move(text)) {}

    const std::string& name() const { return name_; }
    std::string_view text() const { return text_; }
    std::string_view slice(Span span) const;

    LineColumn locate(std::uint32_t offset) const;
    // "name:line:column: message", then the line and a caret under the span.
    std::string describe(Span span, std::string_view message) const;

  private:
    std::string name_;
    std::string text_;
};

using SourcePointer = std::shared_ptr<const SourceText>;

// A failure (invalid_input) that reads as SourceText::describe.
base::Failure fail_at(const SourceText& source, Span span, std::string_view message,
                      base::Place where = base::Place::here());

}  // namespace hs::cedar
