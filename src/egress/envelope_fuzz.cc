// Any bytes as a packed Envelope: what unpacks has one packed form and has passed its own check.
#include "egress/envelope.h"
#include "egress/frames.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const base::ByteView bytes(data, size);
    const auto envelope = egress::Envelope::unpack(bytes);
    if (envelope) {
        const base::Bytes again = envelope->pack();
        CHECK(base::text_of(again) == base::text_of(bytes));
        CHECK(envelope->check().ok());
    }
    const auto permit = egress::parse_permit_field(base::text_of(bytes));
    if (permit) {
        CHECK(egress::permit_field(permit->ticket, permit->envelope) == base::text_of(bytes));
    }
    static_cast<void>(egress::unpack_question(bytes));
    static_cast<void>(egress::unpack_secret_answer(bytes));
    static_cast<void>(egress::unpack_ticket_key(bytes));
    return 0;
}
