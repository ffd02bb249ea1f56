#include "hardshell/hidden_input.h"

#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "crypto/secret.h"

namespace hs::cli {

bool has_terminal() {
    return ::isatty(STDIN_FILENO) == 1;
}

std::string read_hidden(const Screen& screen, std::string_view words) {
    termios before{};
    const bool terminal = ::tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        screen.write(words);
        termios hidden = before;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    std::string line;
    std::getline(std::cin, line);
    if (terminal) {
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        screen.line();
    }
    return line;
}

std::string read_line() {
    std::string line;
    std::getline(std::cin, line);
    return line;
}

void wipe_text(std::string& text) {
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

}  // namespace hs::cli
