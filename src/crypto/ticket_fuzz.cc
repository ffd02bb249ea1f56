#include "base/bytes.h"
#include "crypto/mac.h"
#include "crypto/ticket.h"

// Whatever the bytes are, a check ends; with the right MAC put behind them, what is accepted must
// issue to the same bytes again (one ticket has one form).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    static const crypto::SecretBytes key(crypto::key_bytes);
    const base::ByteView input{data, size};
    CHECK(!crypto::check_ticket(key, input, 0, 0) || size > sizeof(crypto::Mac));
    base::Bytes marked = base::copy_bytes(input);
    const crypto::Mac mac = crypto::keyed_hash(key, marked);
    marked.insert(marked.end(), mac.begin(), mac.end());
    const auto ticket = crypto::check_ticket(key, marked, 0, 7);
    if (ticket) CHECK(crypto::issue_ticket(key, *ticket) == marked);
    return 0;
}
