#include "hardshell-reader/html_parser.h"

#include <fmt/format.h>
#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

#include <algorithm>

#include "wire/utf8.h"

namespace hs::reader {

using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t chunk_bytes = 4096;
constexpr std::size_t attributes_max = 64;

struct Reading {
    PageText& page;
    htmlParserCtxtPtr parser = nullptr;

    void stop_when_full() const {
        if (page.full()) xmlStopParser(parser);
    }
};

std::string_view view_of(const xmlChar* text) {
    return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

void on_begin(void* data, const xmlChar* name, const xmlChar** attributes) {
    auto& reading = *static_cast<Reading*>(data);
    std::vector<Attribute> seen;
    for (std::size_t at = 0;
         attributes != nullptr && attributes[at] != nullptr && seen.size() < attributes_max;
         at += 2) {
        seen.push_back({view_of(attributes[at]), view_of(attributes[at + 1])});
    }
    reading.page.begin(view_of(name), seen);
    reading.stop_when_full();
}

void on_end(void* data, const xmlChar* name) {
    static_cast<Reading*>(data)->page.end(view_of(name));
}

void on_text(void* data, const xmlChar* text, int size) {
    auto& reading = *static_cast<Reading*>(data);
    reading.page.text({reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)});
    reading.stop_when_full();
}

// Faults of the page are the page's business: the parser goes on as browsers do.
void on_fault(void*, const char*, ...) {}

htmlSAXHandler events() {
    htmlSAXHandler handler{};
    handler.startElement = on_begin;
    handler.endElement = on_end;
    handler.characters = on_text;
    handler.ignorableWhitespace = on_text;
    handler.cdataBlock = on_text;  // bodies of <script> and <style>, which PageText skips
    handler.warning = on_fault;
    handler.error = on_fault;
    handler.fatalError = on_fault;
    return handler;
}

bool starts_with_mark(ByteView html) {
    const std::string_view text =
        base::text_of(html.subspan(0, std::min<std::size_t>(3, html.size())));
    return text.starts_with("\xef\xbb\xbf") || text.starts_with("\xff\xfe") ||
           text.starts_with("\xfe\xff");
}

xmlCharEncoding encoding_for(ByteView html, const std::string& charset) {
    if (!charset.empty()) {
        const xmlCharEncoding named = xmlParseCharEncoding(charset.c_str());
        if (named != XML_CHAR_ENCODING_ERROR) return named;
    }
    if (starts_with_mark(html)) return XML_CHAR_ENCODING_NONE;
    // Without a word from anybody a page that is UTF-8 is read as that, not as Latin-1.
    return wire::is_utf8(base::text_of(html)) ? XML_CHAR_ENCODING_UTF8 : XML_CHAR_ENCODING_NONE;
}

}  // namespace

Result<> parse_html(ByteView html, const std::string& charset, PageText& page) {
    if (html.size() > html_bytes_max) {
        return fail(Code::exhausted,
                    fmt::format("a page of at most {} MiB is read", html_bytes_max >> 20U));
    }
    xmlSetGenericErrorFunc(nullptr, on_fault);  // else conversion faults go to standard error
    Reading reading{page};
    htmlSAXHandler handler = events();
    const std::unique_ptr<htmlParserCtxt, decltype(&htmlFreeParserCtxt)> parser(
        htmlCreatePushParserCtxt(&handler, &reading, nullptr, 0, nullptr,
                                 encoding_for(html, charset)),
        &htmlFreeParserCtxt);
    if (!parser) return fail(Code::io, "the parser has no memory");
    reading.parser = parser.get();
    htmlCtxtUseOptions(parser.get(), HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
                                         HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
    while (!html.empty() && !page.full()) {
        const ByteView chunk = html.subspan(0, std::min(chunk_bytes, html.size()));
        htmlParseChunk(parser.get(), reinterpret_cast<const char*>(chunk.data()),
                       static_cast<int>(chunk.size()), 0);
        html = html.subspan(chunk.size());
    }
    if (!page.full()) htmlParseChunk(parser.get(), nullptr, 0, 1);
    if (parser->myDoc != nullptr) {
        xmlFreeDoc(parser->myDoc);
        parser->myDoc = nullptr;
    }
    return {};
}

}  // namespace hs::reader
