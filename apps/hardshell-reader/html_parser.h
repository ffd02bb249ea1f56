// HTML parsing: bytes of a page to the events that PageText takes. The only file that calls the
// parser (libxml2's HTML parser, in its event form, so that no tree is built) is html_parser.cc.
//
// What it does not protect from: faults in the parser, which is why it runs in a sandbox without
// network, files and credentials.
// Threads: one call at a time in a process.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "hardshell-reader/page_text.h"

namespace hs::reader {

constexpr std::size_t html_bytes_max = std::size_t{8} << 20U;

// Feeds the page to `page` until its end or until the page is full. `charset` is the label of the
// Content-Type field, or empty: then the bytes tell (a byte order mark, <meta>), else UTF-8.
// exhausted beyond html_bytes_max; io when the parser has no memory.
base::Result<> parse_html(base::ByteView html, const std::string& charset, PageText& page);

}  // namespace hs::reader
