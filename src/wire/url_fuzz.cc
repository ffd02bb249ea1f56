#include "base/bytes.h"
#include "wire/url.h"

// A canonical text parses to the same Url again, and resolving against it stays canonical.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const std::string_view text = base::text_of({data, size});
    const auto url = wire::parse_url(text);
    if (url) {
        auto again = wire::parse_url(url->text());
        CHECK(again.ok() && again->text() == url->text() && again->host == url->host);
        CHECK(url->text().find_first_of(" \t\r\n\\@", 0) == std::string::npos ||
              url->target().find('@') != std::string::npos);
    }
    const auto from = wire::parse_url("https://example.com/a/b?c");
    const auto resolved = wire::resolve_url(*from, text);
    if (resolved) CHECK(wire::parse_url(resolved->text()).ok());
    return 0;
}
