// hardshell-reader: HTML on standard input, readable text on standard output.
//
// It runs in the sandbox only: it opens nothing, asks nobody, and what it prints is untrusted.
// Usage: hardshell-reader [--url URL] [--charset NAME] < page.html
// Exit status: 0 read, 1 the page is too large or cannot be read, 2 wrong usage.
#include <cstdio>

#include "hardshell-reader/html_parser.h"
#include "os/file.h"

namespace {

struct Options {
    std::optional<hs::wire::Url> url;
    std::string charset;
};

hs::base::Result<Options> options_from(int count, char** words) {
    Options options;
    for (int at = 1; at < count; at += 2) {
        const std::string_view name = words[at];
        if (at + 1 == count || (name != "--url" && name != "--charset")) {
            return hs::base::fail(hs::base::Code::invalid_input,
                                  "usage: hardshell-reader [--url URL] [--charset NAME] < page");
        }
        if (name == "--charset") {
            options.charset = words[at + 1];
        } else {
            options.url = TRY(hs::wire::parse_url(words[at + 1]));
        }
    }
    return options;
}

hs::base::Result<> convert(Options options) {
    const hs::base::Bytes html = TRY(hs::os::read_all(0, hs::reader::html_bytes_max));
    hs::reader::PageText page(std::move(options.url));
    TRY(hs::reader::parse_html(html, options.charset, page));
    const std::string text = std::move(page).take();
    return hs::os::write_all(1, hs::base::bytes_of(text));
}

}  // namespace

int main(int count, char** words) {
    auto options = options_from(count, words);
    if (!options) {
        std::fprintf(stderr, "hardshell-reader: %s\n", options.error().what.c_str());
        return 2;
    }
    const auto done = convert(std::move(*options));
    if (done) return 0;
    std::fprintf(stderr, "hardshell-reader: %s\n", done.error().what.c_str());
    return 1;
}
