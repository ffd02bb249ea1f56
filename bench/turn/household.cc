#include "turn/household.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "os/socket.h"
#include "turn/talk.h"

namespace hs::bench {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// "Name:   123 kB" in MiB.
double mib_of(const std::string& text, const std::string& name) {
    const std::size_t at = text.find("\n" + name + ":");
    return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size() + 2)) / 1024;
}

// Milliseconds on a processor, by the scheduler's own count: ticks would be too coarse.
double cpu_ms_of(const fs::path& process) {
    double sum = 0;
    std::error_code bad;
    for (const auto& thread : fs::directory_iterator(process / "task", bad)) {
        std::istringstream fields(text_of(thread.path() / "schedstat"));
        double spent_ns = 0;
        fields >> spent_ns;
        sum += spent_ns / 1e6;
    }
    return sum;
}

// How often its threads have given up the processor to wait; unlike times, no other load moves it.
double waits_of(const fs::path& process) {
    double sum = 0;
    std::error_code bad;
    for (const auto& thread : fs::directory_iterator(process / "task", bad)) {
        const std::string text = text_of(thread.path() / "status");
        const std::string_view name = "\nvoluntary_ctxt_switches:";
        const std::size_t at = text.find(name);
        if (at != std::string::npos) sum += std::stod(text.substr(at + name.size()));
    }
    return sum;
}

int parent_of(const fs::path& process) {
    const std::string text = text_of(process / "status");
    const std::size_t at = text.find("\nPPid:");
    return at == std::string::npos ? 0 : std::stoi(text.substr(at + 6));
}

std::set<int> family_of(int root) {
    std::set<int> family{root};
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        if (family.contains(parent_of(entry.path()))) family.insert(std::stoi(name));
    }
    return family;
}

// What the programs tell a person belongs not between the rows of a table.
void be_quiet() {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, 2);
}

std::uint16_t free_port() {
    const auto listener = os::listen_loopback(os::Family::v4, 0);
    if (!listener) give_up("no port is free");
    const auto port = os::port_of(listener->get());
    if (!port) give_up("no port is free");
    return *port;
}

}  // namespace

Household::Household(std::string programs, std::uint16_t model_port)
    : programs_(std::move(programs)), port_(free_port()) {
    std::string pattern = (fs::temp_directory_path() / "hardshell-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) give_up("no temporary folder can be made");
    folder_ = pattern;
    fs::create_directories(folder_ + "/project");
    fs::create_directories(folder_ + "/.config/hardshell");
    write_config(model_port);
    if (run({programs_ + "/hardshell", "init", "--quiet"}, nullptr) != 0) give_up("init failed");
    std::string made;
    if (run({programs_ + "/hardshell", "token", "add", "bench", "--scopes", "talk,person"},
            &made) != 0) {
        give_up("no token could be made");
    }
    token_ = made.substr(0, made.find('\n'));
    start();
}

Household::~Household() {
    ::kill(daemon_, SIGTERM);
    int status = 0;
    ::waitpid(daemon_, &status, 0);
    std::error_code bad;
    fs::remove_all(folder_, bad);
}

void Household::write_config(std::uint16_t model_port) const {
    std::ofstream file(folder_ + "/.config/hardshell/config.toml");
    file << fmt::format(
        "[api]\nport = {}\nproject = \"{}/project\"\n[budget]\nday_tokens = 1000000000\n"
        "session_tokens = 1000000000\n[provider.fake]\nkind = \"anthropic\"\n"
        "url = \"http://127.0.0.1:{}/\"\nmodel = \"fake-1\"\nlocal = true\nretains = false\n",
        port_, folder_, model_port);
}

int Household::run(const std::vector<std::string>& words, std::string* output) const {
    int ends[2];
    if (::pipe(ends) != 0) give_up("no pipe");
    const pid_t child = ::fork();
    if (child == 0) {
        if (output != nullptr) ::dup2(ends[1], 1);
        be_quiet();
        ::close(ends[0]);
        ::close(ends[1]);
        std::vector<char*> argv;
        std::vector<std::string> held = words;
        for (auto& word : held) argv.push_back(word.data());
        argv.push_back(nullptr);
        for (const char* name : {"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"}) {
            ::unsetenv(name);
        }
        ::setenv("HOME", folder_.c_str(), 1);
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    ::close(ends[1]);
    char buffer[4096];
    ssize_t count = 0;
    while (output != nullptr && (count = ::read(ends[0], buffer, sizeof buffer)) > 0) {
        output->append(buffer, static_cast<std::size_t>(count));
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

void Household::start() {
    const auto began = std::chrono::steady_clock::now();
    daemon_ = ::fork();
    if (daemon_ == 0) {
        be_quiet();
        const std::string program = programs_ + "/hardshelld";
        for (const char* name : {"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"}) {
            ::unsetenv(name);
        }
        ::setenv("HOME", folder_.c_str(), 1);
        ::execl(program.c_str(), program.c_str(), nullptr);
        ::_exit(127);
    }
    const std::uint8_t loopback[] = {127, 0, 0, 1};
    for (int tries = 0; tries < 5000; ++tries) {
        if (os::connect_tcp(loopback, port_, os::Deadline::after_ms(100), nullptr)) {
            Talk(port_).ask(
                fmt::format("GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", port_));
            ready_ms_ =
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began)
                    .count();
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    give_up("hardshelld does not answer");
}

Cost Household::cost() const {
    Cost cost;
    for (const int process : family_of(daemon_)) {
        const fs::path folder = "/proc/" + std::to_string(process);
        const double cpu_ms = cpu_ms_of(folder);
        const std::string name = text_of(folder / "comm");
        cost.cpu_ms += cpu_ms;
        cost.cpu_ms_by_name[name.substr(0, name.find('\n'))] += cpu_ms;
        cost.waits_by_name[name.substr(0, name.find('\n'))] += waits_of(folder);
        cost.rss_mib += mib_of(text_of(folder / "status"), "VmRSS");
        cost.pss_mib += mib_of("\n" + text_of(folder / "smaps_rollup"), "Pss");
    }
    return cost;
}

}  // namespace hs::bench
