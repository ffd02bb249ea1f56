// verdict: blocked; walls: network; also without: landlock; network
// An abstract unix socket of the host: such names belong to the network namespace.
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "attack.h"

int main() {
    const int out = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const std::string name = given("HOSTILE_ABSTRACT");
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path + 1, name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const bool reached = ::connect(out, reinterpret_cast<const sockaddr*>(&to), size) == 0;
    return reached ? harm("reached a socket of the host") : blocked();
}
