// Markdown for a terminal, line by line as it arrives.
//
// Headings, lists, quotes, code and emphasis are shown with colour where there is any; without
// colour the text is as it was written, so that a pipe gets Markdown.
// What it does not protect from: it assumes cleaned text. Threads: one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "hardshell/screen.h"

namespace hs::cli {

class MarkdownStream {
  public:
    explicit MarkdownStream(const Screen& screen) : screen_(screen) {}
    // Takes a piece of text and writes what is complete: whole lines, or, without colour, at once.
    void add(std::string_view text);
    // Writes what is left and ends the line.
    void finish();
    bool wrote() const { return wrote_; }

  private:
    void show_line(std::string_view line);
    std::string inline_spans(std::string_view text) const;
    void wrap(const std::string& lead, const std::string& hang, std::string_view text) const;

    const Screen& screen_;
    std::string held_;
    bool in_code_ = false;
    bool wrote_ = false;
    bool at_line_start_ = true;
};

}  // namespace hs::cli
