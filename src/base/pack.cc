#include "base/pack.h"

namespace hs::base {

Result<std::uint64_t> Unpacker::fixed(unsigned width) {
    if (left_.size() < width) return fail(Code::corrupt, "a packed value is cut short");
    std::uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i) value |= static_cast<std::uint64_t>(left_[i]) << (8 * i);
    left_ = left_.subspan(width);
    return value;
}

Result<ByteView> Unpacker::bytes() {
    const std::uint32_t size = TRY(u32());
    if (left_.size() < size) return fail(Code::corrupt, "a packed value is cut short");
    const ByteView value = left_.first(size);
    left_ = left_.subspan(size);
    return value;
}

}  // namespace hs::base
