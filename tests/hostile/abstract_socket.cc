// verdict: blocked; walls: network landlock
// An abstract unix socket of the host.
#include <sys/un.h>

#include <cstring>

#include "attack.h"

int main() {
    const std::string name = given("HOSTILE_ABSTRACT");
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path + 1, name.data(), name.size());
    const auto size = static_cast<socklen_t>(sizeof(sa_family_t) + 1 + name.size());
    const int out = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const bool reached = ::connect(out, reinterpret_cast<sockaddr*>(&to), size) == 0;
    return reached ? harm("connected") : blocked();
}
