#include "secrets/secret_store.h"

// What is accepted as a reference can be no other path of the store's API.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto reference = secrets::parse_reference(text);
    if (!reference) return 0;
    CHECK(!reference->path.empty());
    CHECK(("/" + reference->path + "/").find("/../") == std::string::npos);
    CHECK(text.find_first_of("?% \n\r") == std::string::npos);
    CHECK(text == reference->path + (reference->field.empty() ? "" : "#" + reference->field) ||
          text == reference->path + "#");
    return 0;
}
