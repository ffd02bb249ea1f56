// verdict: blocked; walls: masks
// A masked file under a new name: rename, link, exchange, its folder renamed.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "attack.h"

int main() {
    const std::string project = given("HOSTILE_PROJECT");
    const std::string secret = project + "/deep/keys/id_rsa";
    const std::string taken = project + "/taken";
    bool read = false;
    if (::rename(secret.c_str(), taken.c_str()) == 0) {
        read = can_read(taken);
        ::rename(taken.c_str(), secret.c_str());
    }
    if (!read && ::link(secret.c_str(), taken.c_str()) == 0) {
        read = can_read(taken);
        ::unlink(taken.c_str());
    }
    const std::string folder = project + "/deep";
    const std::string moved = project + "/moved";
    if (!read && ::rename(folder.c_str(), moved.c_str()) == 0) {
        read = can_read(moved + "/keys/id_rsa");
        ::rename(moved.c_str(), folder.c_str());
    }
    const int held = ::open(secret.c_str(), O_PATH);
    if (!read && held >= 0) read = can_read("/proc/self/fd/" + std::to_string(held));
    return read ? harm("read a masked file by another name") : blocked();
}
