// A query from inside a sandbox: whatever is read is answered with a message of its own name.
#include "egress/dns_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto question = hs::egress::parse_dns_question({data, size});
    if (!question) return 0;
    const auto address = hs::net::Address::ipv4(198, 18, 0, 1);
    const auto answer = hs::egress::dns_answer(*question, hs::egress::DnsStatus::ok, address);
    CHECK(answer.size() == 12 + question->wire.size() + 16);
    CHECK(question->name.size() <= 253);
    return 0;
}
