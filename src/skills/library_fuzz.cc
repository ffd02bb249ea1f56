// An index of strangers: nothing is taken that no known key has signed, whatever the text.
#include "skills/library.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    hs::skills::Reviewer reviewer;
    reviewer.name = "ann";
    CHECK(!hs::skills::open_index(text, {}, 1'796'000'000'000, 0).ok());
    const auto opened = hs::skills::open_index(text, {reviewer}, 1'796'000'000'000, 0);
    CHECK(!opened.ok());
    const hs::skills::LibraryEntry entry{"tea", std::string(64, 'a'), "tea", {}};
    CHECK(!hs::skills::open_library_file(entry, {data, size}).ok());
    return 0;
}
