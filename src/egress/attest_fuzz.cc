// Messages of chat platforms, which anybody in a conversation can write.
#include "egress/attest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto found = hs::egress::attested_in(text);
    CHECK(found.size() <= hs::egress::attested_max);
    for (const auto& one : found) {
        CHECK(one.answer.size() == 20 && one.answer.starts_with(hs::egress::answer_mark));
        CHECK(!one.user.empty() && one.user.size() <= 64 && one.tenant.size() <= 64);
    }
    return 0;
}
