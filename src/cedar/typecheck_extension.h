// The types of the 22 extension functions, and the check of constructors' literal arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cedar/ast.h"
#include "cedar/type.h"

namespace hs::cedar {

struct CallType {
    std::vector<const Type*> arguments;  // the receiver first
    const Type* result = nullptr;
    bool is_constructor = false;  // ip, decimal, datetime, duration
};
const CallType& call_type(ExtensionFunction function);

// Why the constructor refuses the text; empty when it does not.
std::string constructor_problem(ExtensionFunction constructor, std::string_view text);

}  // namespace hs::cedar
