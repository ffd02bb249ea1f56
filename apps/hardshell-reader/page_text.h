// PageText: the readable text of a page, made from the events of an HTML parser.
//
// What it is for: a model and a person read it instead of the page. Headings, lists, links, code
// and tables keep a Markdown-like form; scripts and styles are dropped; what a browser would hide
// is kept and marked, because it is where instructions for assistants like to be; invisible
// characters are dropped and counted.
// What it does not protect from: text that is hidden by a style sheet or by colour alone, and
// whatever the visible text says. Everything here is untrusted.
// Threads: one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/url.h"

namespace hs::reader {

struct Attribute {
    std::string_view name;  // lower case
    std::string_view value;
};

class PageText {
  public:
    static constexpr std::size_t depth_max = 512;
    static constexpr std::size_t text_bytes_max = std::size_t{1} << 20U;
    static constexpr std::size_t link_bytes_max = 2048;

    // Links are resolved against `base` where there is one.
    explicit PageText(std::optional<wire::Url> base) : base_(std::move(base)) {}

    void begin(std::string_view name, const std::vector<Attribute>& attributes);
    void end(std::string_view name);
    void text(std::string_view text);

    // True once a bound is reached; nothing more is taken then.
    bool full() const { return too_deep_ || out_.size() >= text_bytes_max; }
    // The text, with a line in brackets for what was left out.
    std::string take() &&;

  private:
    enum class Treatment : std::uint8_t { shown, skipped, title };
    struct Element {
        std::string name;
        Treatment treatment = Treatment::shown;
        bool hides = false;  // "[hidden text: " was written here
        bool preformatted = false;
        std::size_t text_begin = 0;  // where its text begins in out_
        std::string link;            // of <a>
        std::uint64_t items = 0;     // of <ol> and <ul>
    };

    void open_mark(Element& element, const std::vector<Attribute>& attributes);
    void close_mark(const Element& element);
    void close_link(const Element& element);
    void open_item(const Element& element);
    void new_line(std::size_t count);
    void add(std::string_view text);
    void add_words(std::string_view text);
    std::string visible(std::string_view text);
    std::string link_of(std::string_view reference) const;
    bool within(std::string_view name) const;

    std::optional<wire::Url> base_;
    std::vector<Element> open_;
    std::string out_;
    std::string title_;
    std::uint64_t invisible_ = 0;
    bool pending_space_ = false;
    bool too_deep_ = false;
};

}  // namespace hs::reader
