// Request: who wants to do what to which resource, in which context.
//
// What it is for: the input of a decision. The keys and the context live in an arena of the caller
// (usually that of the request's EntityStore).
// What it does not protect from: a context of the wrong shape; validate_request checks it.
// Threads: a value.
#pragma once

#include "cedar/value.h"

namespace hs::cedar {

struct Request {
    const EntityKey* principal = nullptr;
    const EntityKey* action = nullptr;
    const EntityKey* resource = nullptr;
    Value context;  // a record
};

}  // namespace hs::cedar
