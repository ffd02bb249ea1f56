#include "base/result.h"

namespace hs::base {

std::string_view code_name(Code code) {
    switch (code) {
        case Code::invalid_input:
            return "invalid_input";
        case Code::not_found:
            return "not_found";
        case Code::denied:
            return "denied";
        case Code::conflict:
            return "conflict";
        case Code::exhausted:
            return "exhausted";
        case Code::timed_out:
            return "timed_out";
        case Code::cancelled:
            return "cancelled";
        case Code::io:
            return "io";
        case Code::corrupt:
            return "corrupt";
    }
    return "unknown";
}

}  // namespace hs::base
