#include "egress/leak_filter.h"

namespace hs::egress {

using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

Result<ByteView> LeakFilter::pass(ByteView piece) {
    if (idle_) return piece;
    if (const auto found = scan_.feed(piece)) {
        return fail(Code::denied,
                    "it holds the secret " + *found + ", which only egress may place in a request");
    }
    waiting_ += base::text_of(piece);
    const std::size_t free = waiting_.size() - std::min(scan_.held(), waiting_.size());
    leaving_ = waiting_.substr(0, free);
    waiting_.erase(0, free);
    return base::bytes_of(leaving_);
}

ByteView LeakFilter::finish() {
    leaving_ = std::exchange(waiting_, {});
    return base::bytes_of(leaving_);
}

std::optional<std::string> leak_in_head(const std::shared_ptr<const FingerprintTable>& table,
                                        const std::vector<std::string_view>& texts) {
    for (const std::string_view text : texts) {
        if (auto found = LeakScan::find(table, base::bytes_of(text))) return found;
    }
    return std::nullopt;
}

}  // namespace hs::egress
