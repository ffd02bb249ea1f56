// verdict: blocked; walls: seccomp
// A program that exists in memory only.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "attack.h"

int main() {
    const int file = ::memfd_create("program", 0);
    if (file < 0) return blocked();
    std::ifstream source("/usr/bin/true", std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(source)), {});
    if (::write(file, bytes.data(), bytes.size()) < 0) return blocked();
    const pid_t child = ::fork();
    if (child == 0) {
        char name[] = "program";
        char* const argv[] = {name, nullptr};
        ::fexecve(file, argv, argv + 1);
        ::_exit(9);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status == 0 ? harm("ran a program from memory") : blocked();
}
