// What a message costs: through hardshelld with a model of zero latency on loopback, beside the
// same client asking that model directly in the same run. Everything is real but the model: policy,
// permit, egress, the durable record and the sealed session.
//
//   bench_turn [--programs FOLDER] [--messages N]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "turn/fake_model.h"
#include "turn/household.h"
#include "turn/talk.h"

namespace {

using namespace hs::bench;
using Clock = std::chrono::steady_clock;

constexpr int sessions = 16;
constexpr int messages_in_session = 20;

double ms_since(Clock::time_point then) {
    return std::chrono::duration<double, std::milli>(Clock::now() - then).count();
}

struct Spans {
    std::vector<double> ms;
    double whole_ms = 0;

    double at(double part) {
        std::sort(ms.begin(), ms.end());
        return ms[std::min(ms.size() - 1, static_cast<std::size_t>(part * double(ms.size())))];
    }
    double per_second() const { return 1000.0 * double(ms.size()) / whole_ms; }
};

std::string request_to(std::string_view path, std::uint16_t port, std::string_view token,
                       const std::string& body) {
    return fmt::format(
        "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n"
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        path, port, token, body.size(), body);
}

class Crowd {
  public:
    Crowd(std::uint16_t port, std::string token) : port_(port), token_(std::move(token)) {}

    // `count` messages by so many sessions at once, each session's one after another.
    Spans talk(int at_once, int count, std::string_view text) {
        std::vector<std::vector<double>> spans(static_cast<std::size_t>(at_once));
        std::vector<std::thread> threads;
        ++round_;
        const auto began = Clock::now();
        for (int i = 0; i < at_once; ++i) {
            threads.emplace_back([&, i] {
                Talk talk(port_);
                for (int k = 0; k < count / at_once; ++k) {
                    const auto from = Clock::now();
                    talk.ask(message(fmt::format("{}-{}-{}", round_, i, k / messages_in_session),
                                     fmt::format("{}{}", text, k)));
                    spans[static_cast<std::size_t>(i)].push_back(ms_since(from));
                }
            });
        }
        for (auto& thread : threads) thread.join();
        Spans all;
        all.whole_ms = ms_since(began);
        for (const auto& some : spans) all.ms.insert(all.ms.end(), some.begin(), some.end());
        return all;
    }

  private:
    std::string message(const std::string& user, const std::string& text) const {
        if (token_.empty()) {
            return request_to("/v1/messages", port_, "none",
                              fmt::format(R"({{"model":"fake-1","max_tokens":64,"stream":true,)"
                                          R"("messages":[{{"role":"user","content":"{}"}}]}})",
                                          text));
        }
        return request_to("/v1/chat/completions", port_, token_,
                          fmt::format(R"({{"model":"hardshell","user":"{}","messages":)"
                                      R"([{{"role":"user","content":"{}"}}]}})",
                                      user, text));
    }

    std::uint16_t port_;
    std::string token_;
    int round_ = 0;
};

void row(std::string_view name, const std::string& value, std::string_view bar) {
    fmt::print("{:<40} {:<50} {}\n", name, value, bar);
}

using ByName = std::map<std::string, double>;

// What grew between two readings for each message, by process.
std::string growth_text(const ByName& before, const ByName& after, double messages) {
    std::string text;
    for (const auto& [name, now] : after) {
        const auto was = before.find(name);
        const double each = (now - (was == before.end() ? 0 : was->second)) / messages;
        if (each < 0.005) continue;
        text += fmt::format(" {} {:.2f}", name.substr(name.find('-') + 1), each);
    }
    return text;
}

// What the messages between two readings cost on the processors, whole and by process.
std::string cpu_text(const Cost& before, const Cost& after, const Spans& spans) {
    const double messages = double(spans.ms.size());
    return fmt::format("{:.2f} ms:{}", (after.cpu_ms - before.cpu_ms) / messages,
                       growth_text(before.cpu_ms_by_name, after.cpu_ms_by_name, messages));
}

// How often their threads went to sleep.
std::string waits_text(const Cost& before, const Cost& after, const Spans& spans) {
    return growth_text(before.waits_by_name, after.waits_by_name, double(spans.ms.size()));
}

std::string programs_beside(const char* self) {
    const std::string path(self);
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

void measure(const std::string& programs, int messages) {
    const std::uint16_t model_port = start_fake_model();
    Household household(programs, model_port);
    row("start to ready", fmt::format("{:.0f} ms", household.ready_ms()), "≤ 100 ms");
    Crowd direct(model_port, "");
    Crowd governed(household.port(), household.token());
    governed.talk(1, 100, "hello ");
    const Cost idle = household.cost();
    Spans floor = direct.talk(1, 2000, "hello ");
    const Cost before = household.cost();
    Spans one = governed.talk(1, 1000, "hello ");
    const Cost after = household.cost();
    row("the model asked directly", fmt::format("{:.3f} ms", floor.at(0.5)), "the floor");
    row("a message",
        fmt::format("{:.2f} ms, p95 {:.2f}, × {:.0f}", one.at(0.5), one.at(0.95),
                    one.at(0.5) / floor.at(0.5)),
        "≤ 2 ms");
    row("  of all processors", cpu_text(before, after, one), "≤ 0.7 ms");
    row("  waits", waits_text(before, after, one), "");
    Spans floor_many = direct.talk(sessions, 16000, "hello ");
    const Cost before_many = household.cost();
    Spans many = governed.talk(sessions, messages, "hello ");
    const Cost after_many = household.cost();
    row("16 sessions, the model directly", fmt::format("{:.0f} /s", floor_many.per_second()),
        "the floor");
    row("16 sessions", fmt::format("{:.0f} /s", many.per_second()), "≥ 2,000 /s");
    row("  of all processors", cpu_text(before_many, after_many, many), "");
    row("  waits", waits_text(before_many, after_many, many), "");
    Spans tool = governed.talk(1, 100, "TOOL: ");
    row("a message with one sandboxed command",
        fmt::format("{:.2f} ms, + {:.2f}", tool.at(0.5), tool.at(0.5) - one.at(0.5)), "≤ + 10 ms");
    const Cost last = household.cost();
    row("memory before", fmt::format("PSS {:.1f} MiB, RSS {:.1f}", idle.pss_mib, idle.rss_mib),
        "≤ 40 MB");
    row(fmt::format("memory after {} messages", many.ms.size() + one.ms.size() + tool.ms.size()),
        fmt::format("PSS {:.1f} MiB, + {:.1f}", last.pss_mib, last.pss_mib - idle.pss_mib),
        "≤ + 10 MB");
}

}  // namespace

int main(int count, char** words) {
    std::string programs = programs_beside(words[0]);
    int messages = 4800;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view name = words[i];
        if (name == "--programs") programs = words[i + 1];
        if (name == "--messages") messages = std::max(sessions, std::atoi(words[i + 1]));
    }
    measure(programs, messages);
}
