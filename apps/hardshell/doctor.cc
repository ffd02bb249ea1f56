// hardshell doctor: every wall of this machine, with what is wrong and how to mend it; then the
// proof inside a real sandbox. The result goes into the record.

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include "hardshell/commands.h"
#include "hardshell/doctor_proof.h"
#include "hardshell/lines.h"
#include "jail/landlock.h"
#include "jail/probe.h"
#include "jail/seccomp.h"
#include "os/file.h"
#include "os/system.h"

namespace hs::cli {

using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

// weaker: something else holds in its place, and it is said which.
enum class State : std::uint8_t { held, weaker, missing };
constexpr std::string_view state_names[] = {"held", "weaker", "missing"};

struct Finding {
    std::string name;
    State state = State::held;
    std::string what;  // what holds, or the cause
    std::string fix;   // empty where nothing is to be done
};
using Findings = std::vector<Finding>;

std::string setting(const char* path) {
    auto text = os::read_text(path, 4096);
    if (!text) return {};
    while (!text->empty() && (text->back() == '\n' || text->back() == ' ')) text->pop_back();
    return *text;
}

constexpr const char* launcher_profile = "/etc/apparmor.d/hardshell-launcher";

// A profile is the launcher's alone, so this program cannot try for it; the proof below does.
void check_namespaces(Findings& findings, const jail::SandboxProbe& probe) {
    const bool profiled = os::facts_of_path(launcher_profile).ok();
    if (probe.cause == jail::SandboxCause::none) {
        findings.push_back(
            {"namespaces", State::held, "user, mount, process, network, ipc, uts", ""});
    } else if (probe.cause == jail::SandboxCause::apparmor && profiled) {
        findings.push_back({"namespaces", State::held, "by the launcher's AppArmor profile", ""});
    } else {
        findings.push_back({"namespaces", State::missing, probe.explanation, probe.fix});
    }
    const std::string restricts = setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
    if (restricts != "1") {
        findings.push_back(
            {"apparmor", State::held, "it does not restrict user namespaces here", ""});
    } else if (profiled || ::geteuid() == 0) {
        findings.push_back({"apparmor", State::held,
                            "it restricts user namespaces, and the launcher may make them", ""});
    } else {
        findings.push_back({"apparmor", State::missing,
                            "it restricts user namespaces to programs with a profile, and the "
                            "launcher has none",
                            "./run --build (installs /etc/apparmor.d/hardshell-launcher)"});
    }
}

void check_kernel(Findings& findings, const jail::SandboxProbe& probe) {
    if (probe.landlock_abi >= 1) {
        findings.push_back({"landlock", State::held,
                            fmt::format("ABI {} of the {} that are used", probe.landlock_abi,
                                        jail::landlock_abi_known),
                            ""});
    } else {
        findings.push_back({"landlock", State::weaker,
                            "this kernel has none; mounts and masks hold alone",
                            "boot a kernel with CONFIG_SECURITY_LANDLOCK and lsm=landlock,…"});
    }
    const std::string actions = setting("/proc/sys/kernel/seccomp/actions_avail");
    const bool notifies = actions.find("user_notif") != std::string::npos;
    const auto filter = jail::CallFilter::build();
    if (notifies && filter) {
        findings.push_back({"seccomp", State::held, "with user notification", ""});
    } else {
        findings.push_back({"seccomp", State::missing,
                            filter ? "the kernel has no user notification" : filter.error().what,
                            "boot Linux 5.14 or later with CONFIG_SECCOMP_FILTER"});
    }
    if (probe.memory_limit_by != "watchdog") {
        findings.push_back({"memory limit", State::held, probe.memory_limit_by, ""});
    } else {
        findings.push_back({"memory limit", State::weaker,
                            "no control group can be written, so a watchdog looks every 50 ms",
                            "run hardshelld in a delegated scope: systemd-run --user --scope -p "
                            "Delegate=yes hardshell chat --start"});
    }
}

void check_clock(Findings& findings) {
    struct timex clock {};
    const int state = ::adjtimex(&clock);
    // Before this program was written it cannot be.
    constexpr base::WallTime_ms earliest_ms = 1'763'000'000'000;
    if (os::SystemClock().wall_ms() < earliest_ms) {
        findings.push_back({"clock", State::missing, "it stands in the past; expiry means nothing",
                            "set the time: sudo timedatectl set-ntp true"});
    } else if (state == TIME_ERROR || (clock.status & STA_UNSYNC) != 0) {
        findings.push_back(
            {"clock", State::weaker, "nobody keeps it right", "sudo timedatectl set-ntp true"});
    } else {
        findings.push_back({"clock", State::held, "kept right by a time service", ""});
    }
}

void check_owner(Findings& findings, const std::string& name, const std::string& path,
                 std::uint32_t forbidden) {
    const auto facts = os::facts_of_path(path);
    if (!facts && facts.error().code == base::Code::not_found) {
        findings.push_back({name, State::held, path + " is not there yet", ""});
        return;
    }
    if (!facts) {
        findings.push_back({name, State::missing, facts.error().what, "chown it to yourself"});
        return;
    }
    if (facts->owner != ::geteuid()) {
        findings.push_back({name, State::missing, path + " belongs to another user",
                            fmt::format("sudo chown -R {} {}", ::geteuid(), path)});
        return;
    }
    if ((facts->mode & forbidden) != 0) {
        findings.push_back(
            {name, State::missing,
             fmt::format("{} is open to others (mode {:o})", path, facts->mode & 07777),
             fmt::format("chmod go-{} {}", forbidden == 022 ? "w" : "rwx", path)});
        return;
    }
    findings.push_back({name, State::held, path, ""});
}

void check_places(Findings& findings, const Desk& desk) {
    check_owner(findings, "state folder", desk.places.state, 077);
    check_owner(findings, "sockets", desk.places.run, 077);
    check_owner(findings, "tokens", desk.places.tokens_file, 077);
    check_owner(findings, "settings", desk.places.config_file, 022);
    check_owner(findings, "policy folder", desk.places.policy_folder, 022);
}

void check_programs(Findings& findings, const Desk& desk) {
    for (const char* name : {"hardshelld", "hardshell-keeper", "hardshell-egress",
                             "hardshell-launcher", "hardshell-reader"}) {
        const std::string path = desk.places.programs + "/" + name;
        const auto facts = os::facts_of_path(path);
        const bool others_write = facts && (facts->mode & 022U) != 0;
        if (facts && !others_write) continue;
        findings.push_back(
            {"programs", State::missing,
             facts ? path + " can be changed by others" : path + " is not there",
             facts ? "chmod go-w " + path : "build and install all programs: ./run"});
        return;
    }
    findings.push_back({"programs", State::held, desk.places.programs, ""});
}

Result<Json> ask_keeper(const Desk& desk, std::string_view verb, Json arguments) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    return keeper.question(verb, std::move(arguments));
}

// After the proof, which starts the daemon.
void check_family(Findings& findings, const Desk& desk) {
    const auto secrets = ask_keeper(desk, "secrets.list", Json(JsonObject{}));
    if (secrets) {
        findings.push_back({"secret store", State::held, "open, with the keeper alone", ""});
    } else {
        findings.push_back({"secret store", State::missing, secrets.error().what,
                            "see " + desk.places.daemon_log});
    }
    const auto policy = ask_keeper(desk, "policy.describe", Json(JsonObject{}));
    const std::string problem = policy ? text_in(*policy, "problem") : policy.error().what;
    if (problem.empty()) {
        findings.push_back({"policy", State::held, text_in(*policy, "preset"), ""});
    } else {
        findings.push_back(
            {"policy", State::missing, problem, "mend the file, then: hardshell policy reload"});
    }
}

void check_proof(Findings& findings, const Desk& desk) {
    const auto proof = prove_in_sandbox(desk);
    if (!proof) {
        findings.push_back({"sandbox", State::missing,
                            "nothing could be proven: " + proof.error().what,
                            "mend what stands above, or see " + desk.places.daemon_log});
        return;
    }
    for (const ProofLine& line : *proof) {
        std::string name = line.name;
        std::replace(name.begin(), name.end(), '_', ' ');
        const std::string what =
            fmt::format("{}: {}", line.held ? "as it must be" : "WRONG", line.meaning);
        findings.push_back({name, line.held ? State::held : State::missing, what,
                            line.held ? "" : "do not use this installation; tell its developers"});
    }
}

Json json_of(const Findings& findings) {
    Json list{wire::JsonArray{}};
    for (const Finding& one : findings) {
        list.push(JsonObject{{"name", one.name},
                             {"state", state_names[static_cast<std::size_t>(one.state)]},
                             {"what", one.what},
                             {"fix", one.fix}});
    }
    return list;
}

void show(const Desk& desk, const Findings& findings) {
    constexpr Tone tones[] = {Tone::good, Tone::warning, Tone::bad};
    for (const Finding& one : findings) {
        const auto index = static_cast<std::size_t>(one.state);
        desk.screen.line(fmt::format(
            "{}  {}  {}", desk.screen.tone(tones[index], fmt::format("{:<7}", state_names[index])),
            desk.screen.tone(Tone::strong, one.name), clean(one.what)));
        if (!one.fix.empty()) desk.screen.line("         to mend it: " + clean(one.fix));
    }
}

// The daily proof begins to count anew.
void note_proof(const Desk& desk) {
    const std::string now = std::to_string(os::SystemClock().wall_ms());
    const auto noted =
        os::write_file_atomic(desk.places.state + "/proof", base::bytes_of(now), 0600);
    static_cast<void>(noted.ok());  // it is proven once more than needed then
}

}  // namespace

Result<int> run_doctor(const Desk& desk) {
    Findings findings;
    const jail::SandboxProbe probe = jail::probe_sandbox();
    check_namespaces(findings, probe);
    check_kernel(findings, probe);
    check_clock(findings);
    check_programs(findings, desk);
    check_proof(findings, desk);
    check_family(findings, desk);
    check_places(findings, desk);
    const auto is = [&](State state) {
        return std::count_if(findings.begin(), findings.end(),
                             [&](const Finding& one) { return one.state == state; });
    };
    const bool sound = is(State::missing) == 0;
    const Json list = json_of(findings);
    const auto recorded =
        ask_keeper(desk, "doctor.record",
                   JsonObject{{"findings", list}, {"outcome", sound ? "sound" : "not sound"}});
    if (recorded) note_proof(desk);
    if (desk.screen.form() == Form::json) {
        desk.screen.json(
            JsonObject{{"sound", sound}, {"recorded", recorded.ok()}, {"findings", list}});
    } else {
        show(desk, findings);
        desk.screen.line(fmt::format("{} held, {} weaker, {} missing{}", is(State::held),
                                     is(State::weaker), is(State::missing),
                                     recorded ? "; on record" : ""));
        if (!recorded) desk.screen.note("Not on record: " + clean(recorded.error().what));
    }
    return sound && recorded ? exit_done : exit_failed;
}

}  // namespace hs::cli
