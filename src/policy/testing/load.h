// What the tests of this room share: a digest for LoadOptions and the preset files of the source
// tree. Not for products: the digest is no SHA-256. Threads: pure functions.
#pragma once

#include <fstream>
#include <sstream>

#include "policy/load.h"

namespace hs::policy {

inline std::array<std::uint8_t, 32> test_digest(base::ByteView bytes) {
    std::array<std::uint8_t, 32> digest{};
    std::uint64_t state = 0xcbf29ce484222325ULL;
    for (const std::uint8_t byte : bytes) state = (state ^ byte) * 0x100000001b3ULL;
    for (std::size_t i = 0; i < 8; ++i) digest[i] = static_cast<std::uint8_t>(state >> (8 * i));
    return digest;
}

inline constexpr base::WallTime_ms test_now_ms = 1'795'338'000'000;  // 2026-11-22T09:00:00Z

inline LoadOptions test_options() {
    LoadOptions options;
    options.sha256 = test_digest;
    options.now_ms = test_now_ms;
    return options;
}

inline SnapshotPointer load_preset(std::string_view preset) {
    return load(preset_sources(preset).value(), test_options()).value();
}

inline NamedText read_table(const std::string& name) {
    std::string root = HS_TESTDATA;
    root.resize(root.rfind("/src/policy"));
    std::ifstream stream(root + "/policies/tests/" + name);
    std::ostringstream text;
    text << stream.rdbuf();
    return {"policies/tests/" + name, text.str()};
}

}  // namespace hs::policy
