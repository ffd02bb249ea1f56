// Any text: parsed or refused; what is parsed prints to a text that parses to the same tree.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cedar/parser.h"
#include "cedar/printer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs::cedar;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto first = parse_policies(text);
    if (!first) return first.error().what.empty() ? std::abort(), 0 : 0;
    const auto second = parse_policies(print_policies(*first));
    if (!second || second->size() != first->size()) std::abort();
    for (std::size_t i = 0; i < first->size(); ++i) {
        if (!same_policy((*first)[i], (*second)[i])) std::abort();
    }
    return 0;
}
