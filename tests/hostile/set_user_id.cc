// verdict: blocked; walls: seccomp
// A set-user-ID program left in the project.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attack.h"

int main() {
    const std::string path = given("HOSTILE_PROJECT") + "/suid";
    ::unlink(path.c_str());
    const int direct = ::open(path.c_str(), O_CREAT | O_WRONLY, 04755);
    bool made = direct >= 0;
    if (!made && ::open(path.c_str(), O_CREAT | O_WRONLY, 0755) >= 0) {
        made = ::chmod(path.c_str(), 04755) == 0;
    }
    struct stat facts {};
    made = made && ::stat(path.c_str(), &facts) == 0 && (facts.st_mode & S_ISUID) != 0;
    ::unlink(path.c_str());
    return made ? harm("left a set-user-ID file") : blocked();
}
