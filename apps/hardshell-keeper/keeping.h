// Keeping: the keeper process from its start to its end.
// Threads: one, beside the log's own.
#pragma once

#include <string>

#include "base/result.h"

namespace hs::keeping {

struct Places {
    std::string state;
    std::string config_file;
    std::string home;
    std::string programs;
};

// Opens everything, hands out the ticket key, serves until hardshelld is gone or SIGTERM comes. A
// failure has been said on standard error.
base::Result<> run(const Places& places);

}  // namespace hs::keeping
