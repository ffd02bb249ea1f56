// A table and a body out of any bytes: the filter passes all or refuses, and never invents a byte.
#include "egress/leak_filter.h"
#include "os/system.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    static_cast<void>(egress::FingerprintTable::unpack({data, size}).ok());
    static const auto table = [] {
        os::SystemRandom random;
        std::vector<egress::NamedSecret> secrets;
        secrets.push_back(
            {"one", crypto::SecretBytes::copy_of(base::bytes_of("aaaaaaaaaaaaaaaa"))});
        secrets.push_back(
            {"two", crypto::SecretBytes::copy_of(base::bytes_of("a secret of two words"))});
        return std::make_shared<const egress::FingerprintTable>(
            egress::FingerprintTable::of(secrets, random));
    }();
    egress::LeakFilter filter(table);
    std::string out;
    const std::size_t piece = size > 0 ? data[0] % 32 + 1U : 1;
    for (std::size_t at = 0; at < size; at += piece) {
        const auto passed = filter.pass({data + at, std::min(piece, size - at)});
        if (!passed) return 0;
        out += base::text_of(*passed);
    }
    out += base::text_of(filter.finish());
    CHECK(base::bytes_of(out).size() == size);
    CHECK(std::equal(out.begin(), out.end(), reinterpret_cast<const char*>(data)));
    return 0;
}
