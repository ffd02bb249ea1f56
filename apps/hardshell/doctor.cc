#include "hardshell/commands.h"
namespace hs::cli {
base::Result<int> run_doctor(const Desk&) {
    return exit_done;
}
}  // namespace hs::cli
