// hardshell-reader: HTML on standard input, readable text on standard output; or an archive, and
// the files in it as one packed folder.
//
// It runs in the sandbox only: it opens nothing, asks nobody, and what it prints is untrusted.
// Usage: hardshell-reader [--url URL] [--charset NAME] < page.html
//        hardshell-reader --unpack archive < skill.zip
//        hardshell-reader --unpack jobs < openclaw.sqlite
// Exit status: 0 read, 1 it is too large, cannot be read or holds what it must not, 2 wrong usage.
#include <cstdio>

#include "hardshell-reader/archive.h"
#include "hardshell-reader/html_parser.h"
#include "hardshell-reader/job_rows.h"
#include "os/file.h"

namespace {

struct Options {
    std::optional<hs::wire::Url> url;
    std::string charset;
    std::string unpacks;  // "archive", "jobs"
};

hs::base::Result<Options> options_from(int count, char** words) {
    Options options;
    for (int at = 1; at < count; at += 2) {
        const std::string_view name = words[at];
        const std::string_view value = at + 1 < count ? words[at + 1] : "";
        if (name == "--charset" && !value.empty()) {
            options.charset = value;
        } else if (name == "--unpack" && (value == "archive" || value == "jobs")) {
            options.unpacks = value;
        } else if (name == "--url" && !value.empty()) {
            options.url = TRY(hs::wire::parse_url(value));
        } else {
            return hs::base::fail(hs::base::Code::invalid_input,
                                  "usage: hardshell-reader [--url URL] [--charset NAME] < page, or "
                                  "hardshell-reader --unpack archive|jobs < file");
        }
    }
    return options;
}

hs::base::Result<> unpack() {
    const hs::base::Bytes archive = TRY(hs::os::read_all(0, hs::reader::archive_bytes_max));
    return hs::os::write_all(1, TRY(hs::reader::unpack_archive(archive)));
}

hs::base::Result<> convert(Options options) {
    if (options.unpacks == "archive") return unpack();
    if (options.unpacks == "jobs") {
        const std::string rows =
            TRY(hs::reader::job_rows(TRY(hs::os::read_all(0, hs::reader::database_bytes_max))));
        return hs::os::write_all(1, hs::base::bytes_of(rows));
    }
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
