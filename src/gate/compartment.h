// CompartmentName: which part of the memory something lies in: a space, a project or none, and how
// far what lies there may be known. One name, one key.
//
// What it does not protect from: a guess at which project a name stands for. The project's part is
// a hash of its path, which can be tried out. Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/label.h"

namespace hs::gate {

struct CompartmentName {
    enum class Sensitivity : std::uint8_t {
        open,      // public, internal and source code
        private_,  // also confidential, personal, customers' and of production
    };
    static constexpr std::size_t text_bytes_max = 200;

    std::string space;
    std::string project;  // project_tag() of its folder; empty: the whole space's
    Sensitivity sensitivity = Sensitivity::open;

    // "SPACE/PROJECT or all/open or private".
    std::string text() const;
    // invalid_input for anything that text() does not make.
    static base::Result<CompartmentName> parse(std::string_view text);

    flow::DataClasses classes() const;
    std::int64_t level() const { return sensitivity == Sensitivity::open ? 1 : 2; }
    bool operator==(const CompartmentName&) const = default;
};

// 16 hexadecimal digits of the SHA-256 of a canonical path; empty for an empty one.
std::string project_tag(std::string_view project);
// Where something of these classes belongs.
CompartmentName::Sensitivity sensitivity_of(flow::DataClasses classes);

}  // namespace hs::gate
