#include "hardshell-reader/page_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "wire/utf8.h"

namespace hs::reader {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// What is no text for a reader.
constexpr std::array<std::string_view, 17> skipped_names = {
    "script", "style", "template", "svg",    "math", "iframe", "object", "embed",   "applet",
    "canvas", "audio", "video",    "select", "meta", "link",   "base",   "frameset"};
constexpr std::array<std::string_view, 36> block_names = {
    "address", "article", "aside",  "blockquote", "body", "center",   "dd",         "details",
    "dialog",  "dir",     "div",    "dl",         "dt",   "fieldset", "figcaption", "figure",
    "footer",  "form",    "header", "hr",         "html", "legend",   "li",         "main",
    "menu",    "nav",     "ol",     "p",          "pre",  "section",  "summary",    "table",
    "tr",      "ul",      "title",  "caption"};
constexpr std::array<std::string_view, 10> spaced_names = {
    "p", "pre", "blockquote", "table", "ul", "ol", "dl", "figure", "article", "section"};

bool is_heading(std::string_view name) {
    return name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6';
}

// The characters of Unicode that show nothing: zero-width, direction marks, variation selectors
// beyond the first sixteen, tags (UAX 9, UTS 51 and the Default_Ignorable_Code_Point property).
bool is_invisible(char32_t one) {
    return (one < 0x20 && one != '\t' && one != '\n') || (one >= 0x7f && one < 0xa0) ||
           one == 0xad || one == 0x34f || one == 0x61c || one == 0x115f || one == 0x1160 ||
           one == 0x17b4 || one == 0x17b5 || (one >= 0x180b && one <= 0x180f) ||
           (one >= 0x200b && one <= 0x200f) || (one >= 0x202a && one <= 0x202e) ||
           (one >= 0x2060 && one <= 0x206f) || one == 0x3164 || one == 0xfeff || one == 0xffa0 ||
           (one >= 0x1d173 && one <= 0x1d17a) || (one >= 0xe0000 && one <= 0xe0fff);
}

std::string_view value_of(const std::vector<Attribute>& attributes, std::string_view name) {
    for (const Attribute& attribute : attributes) {
        if (attribute.name == name) return attribute.value;
    }
    return {};
}

bool has(const std::vector<Attribute>& attributes, std::string_view name) {
    return std::any_of(attributes.begin(), attributes.end(),
                       [&](const Attribute& attribute) { return attribute.name == name; });
}

// A style without white space and in lower case; only its beginning is looked at.
std::string plain_style(std::string_view style) {
    std::string plain = ";";
    for (const char one : style.substr(0, 4096)) {
        if (one == ' ' || one == '\t' || one == '\n' || one == '\r') continue;
        plain += one >= 'A' && one <= 'Z' ? static_cast<char>(one + 32) : one;
    }
    return plain + ";";
}

bool is_hidden(const std::vector<Attribute>& attributes) {
    if (has(attributes, "hidden") || value_of(attributes, "aria-hidden") == "true") return true;
    const std::string style = plain_style(value_of(attributes, "style"));
    constexpr std::array<std::string_view, 15> signs = {";display:none",
                                                        ";visibility:hidden",
                                                        ";visibility:collapse",
                                                        ";opacity:0;",
                                                        ";opacity:0.0",
                                                        ";font-size:0;",
                                                        ";font-size:0px",
                                                        ";font-size:1px",
                                                        ";font-size:0.",
                                                        ";text-indent:-",
                                                        ";left:-",
                                                        ";top:-",
                                                        ";clip:rect(0",
                                                        ";color:transparent",
                                                        ";transform:scale(0)"};
    return std::any_of(signs.begin(), signs.end(), [&](std::string_view sign) {
        return style.find(sign) != std::string::npos;
    });
}

}  // namespace

bool PageText::within(std::string_view name) const {
    return std::any_of(open_.begin(), open_.end(),
                       [&](const Element& element) { return element.name == name; });
}

void PageText::begin(std::string_view name, const std::vector<Attribute>& attributes) {
    if (full()) return;
    if (open_.size() >= depth_max) {
        too_deep_ = true;
        return;
    }
    Element element;
    element.name = std::string(name.substr(0, 32));
    const Treatment above = open_.empty() ? Treatment::shown : open_.back().treatment;
    element.treatment = above;
    element.preformatted = !open_.empty() && open_.back().preformatted;
    if (is_one_of(name, skipped_names)) element.treatment = Treatment::skipped;
    if (name == "title" && above == Treatment::shown) element.treatment = Treatment::title;
    if (element.treatment == Treatment::shown) open_mark(element, attributes);
    open_.push_back(std::move(element));
}

void PageText::open_mark(Element& element, const std::vector<Attribute>& attributes) {
    const std::string& name = element.name;
    if (is_one_of(name, block_names) || is_heading(name))
        new_line(is_one_of(name, spaced_names) ? 2 : 1);
    const bool hidden =
        is_hidden(attributes) || (name == "input" && value_of(attributes, "type") == "hidden");
    if (hidden && name != "input") {
        add("[hidden text: ");
        element.hides = true;
    }
    if (is_heading(name)) {
        new_line(2);
        add(std::string(static_cast<std::size_t>(name[1] - '0'), '#') + " ");
    } else if (name == "br") {
        new_line(1);
    } else if (name == "hr") {
        add("---");
    } else if (name == "li") {
        open_item(element);
    } else if (name == "pre") {
        add("```\n");
        element.preformatted = true;
    } else if ((name == "td" || name == "th") && !out_.empty() && out_.back() != '\n') {
        add(" | ");
    } else if (name == "img" && !value_of(attributes, "alt").empty()) {
        add_words(fmt::format("[image: {}]", value_of(attributes, "alt").substr(0, 300)));
    } else if (name == "a") {
        element.link = link_of(value_of(attributes, "href"));
    }
    if (pending_space_ && name == "a") add("");
    element.text_begin = out_.size();
}

void PageText::open_item(const Element&) {
    for (auto above = open_.rbegin(); above != open_.rend(); ++above) {
        if (above->name == "ol") {
            add(fmt::format("{}. ", ++above->items));
            return;
        }
        if (above->name == "ul" || above->name == "menu") break;
    }
    add("- ");
}

void PageText::end(std::string_view name) {
    // The parser closes what is open in order; anything else is not ours to close.
    const auto found = std::find_if(open_.rbegin(), open_.rend(), [&](const Element& element) {
        return element.name == name.substr(0, 32);
    });
    if (found == open_.rend()) return;
    const auto keep = static_cast<std::size_t>(open_.rend() - found) - 1;
    while (open_.size() > keep) {
        const Element element = std::move(open_.back());
        open_.pop_back();
        if (element.treatment == Treatment::shown) close_mark(element);
    }
}

void PageText::close_mark(const Element& element) {
    if (element.name == "a") close_link(element);
    if (element.name == "pre") {
        if (!out_.empty() && out_.back() != '\n') add("\n");
        add("```");
    }
    if (element.hides) add("]");
    if (is_heading(element.name))
        new_line(2);
    else if (is_one_of(element.name, block_names))
        new_line(is_one_of(element.name, spaced_names) ? 2 : 1);
}

void PageText::close_link(const Element& element) {
    const std::size_t begin = std::min(element.text_begin, out_.size());
    const bool has_text = out_.find_first_not_of(" \n\t", begin) != std::string::npos;
    if (element.link.empty() || !has_text || full()) return;
    std::string words = out_.substr(begin);
    out_.resize(begin);
    std::replace(words.begin(), words.end(), '\n', ' ');
    out_ += fmt::format("[{}]({})", words, element.link);
}

std::string PageText::link_of(std::string_view reference) const {
    while (!reference.empty() && static_cast<unsigned char>(reference.front()) <= 0x20) {
        reference.remove_prefix(1);
    }
    if (reference.empty() || reference.front() == '#' || reference.size() > link_bytes_max)
        return {};
    const auto url = base_ ? wire::resolve_url(*base_, reference) : wire::parse_url(reference);
    // javascript:, data: and what cannot be read in one way is no link.
    return url ? url->text() : std::string();
}

// Ends the line, and leaves count - 1 empty ones.
void PageText::new_line(std::size_t count) {
    pending_space_ = false;
    if (out_.empty()) return;
    while (!out_.empty() && out_.back() == ' ') out_.pop_back();
    std::size_t there = 0;
    while (there < out_.size() && out_[out_.size() - 1 - there] == '\n') ++there;
    if (there < count) out_.append(count - there, '\n');
}

void PageText::add(std::string_view text) {
    if (pending_space_ && !out_.empty() && out_.back() != '\n' && out_.back() != ' ') out_ += ' ';
    pending_space_ = false;
    out_ += text;
}

std::string PageText::visible(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const char32_t one = wire::take_code_point(text);
        if (is_invisible(one)) {
            ++invisible_;
        } else if (one == 0xa0 || one == 0x2028 || one == 0x2029) {
            shown += ' ';
        } else {
            wire::append_utf8(shown, one);
        }
    }
    return shown;
}

// White space collapses to one space, as a browser shows it.
void PageText::add_words(std::string_view text) {
    const std::string shown = visible(text);
    std::string_view left = shown;
    constexpr std::string_view space = " \t\n\r\f";
    while (!left.empty()) {
        const std::size_t blank = std::min(left.find_first_not_of(space), left.size());
        if (blank > 0) pending_space_ = true;
        left.remove_prefix(blank);
        const std::size_t word = std::min(left.find_first_of(space), left.size());
        if (word > 0) add(left.substr(0, word));
        left.remove_prefix(word);
    }
}

void PageText::text(std::string_view text) {
    if (full()) return;
    const Treatment treatment = open_.empty() ? Treatment::shown : open_.back().treatment;
    if (treatment == Treatment::skipped) return;
    if (treatment == Treatment::title) {
        if (title_.size() < 500) title_ += visible(text.substr(0, 500));
        return;
    }
    if (!open_.empty() && open_.back().preformatted) {
        add(visible(text));
    } else {
        add_words(text);
    }
}

std::string PageText::take() && {
    while (!open_.empty()) {
        const Element element = std::move(open_.back());
        open_.pop_back();
        if (element.treatment == Treatment::shown) close_mark(element);
    }
    std::string page;
    std::replace(title_.begin(), title_.end(), '\n', ' ');
    const std::size_t first = title_.find_first_not_of(' ');
    if (first != std::string::npos) page = fmt::format("Title: {}\n\n", title_.substr(first));
    page += wire::cut_utf8(out_, text_bytes_max);
    while (!page.empty() && (page.back() == '\n' || page.back() == ' ')) page.pop_back();
    if (!page.empty()) page += '\n';
    if (out_.size() >= text_bytes_max) page += "[the page is longer; the rest was left out]\n";
    if (too_deep_) page += "[the page is nested too deeply; the rest was left out]\n";
    if (invisible_ > 0)
        page += fmt::format("[{} invisible characters were left out]\n", invisible_);
    return page;
}

}  // namespace hs::reader
