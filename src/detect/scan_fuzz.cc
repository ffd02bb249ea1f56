// Any bytes, in any pieces: every finding lies inside what was fed, and nothing is read beyond it.
#include "base/result.h"
#include "detect/content.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs::detect;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const Finding& finding : scan(text)) {
        CHECK(finding.offset + finding.length <= size);
        CHECK(finding.confidence > 0 && finding.confidence <= 1);
    }
    ContentScanner scanner({}, [](const Finding& finding) { CHECK(finding.line >= 1); },
                           {.depth = 2, .bytes = 1 << 20, .ratio = 50, .members = 50});
    const std::size_t piece = size > 0 ? data[0] % 61 + 1U : 1;
    for (std::size_t at = 0; at < size; at += piece) scanner.feed(text.substr(at, piece));
    scanner.finish();
    return 0;
}
