#include "policies.h"

#include <fmt/format.h>

namespace hs::bench_cedar {
namespace {

std::string one(std::size_t kind, std::size_t n) {
    if (kind == 0) {
        return fmt::format(
            "@id(\"G-skill-{0}\") @sandbox(\"ro-nonet\")\npermit(principal == "
            "Rt::Skill::\"skill-{0}\", "
            "action == Rt::Action::\"file.read\", resource in Rt::Path::\"/project/data-{0}\")\n"
            "when {{ context.base.label.trust >= 1 }};\n\n",
            n);
    }
    if (kind == 1) {
        return fmt::format(
            "@id(\"G-repo-{0}\") @egress(\"api.github.com:443\")\npermit(principal is Rt::Agent, "
            "action == Rt::Action::\"http.get\", resource == Rt::Host::\"git-{0}.example:443\")\n"
            "when {{ context has repo && context.repo == Rt::Repo::\"org/repo-{0}\" && "
            "context.method == \"GET\" }};\n\n",
            n);
    }
    if (kind == 2) {
        return fmt::format(
            "@id(\"G-host-{0}\") @egress(\"host-{0}\")\npermit(principal in "
            "Rt::Team::\"team-{1}\", "
            "action in [Rt::Action::\"http.get\", Rt::Action::\"browse.read\"], "
            "resource == Rt::Host::\"host-{0}.example:443\")\n"
            "when {{ context.base.label.level <= 1 }};\n\n",
            n, n % 20);
    }
    if (kind == 3) {
        return fmt::format(
            "@id(\"G-exc-{0}\") @justification(\"CHG-{1}\") @owner(\"u{2}\")\n"
            "permit(principal == Rt::Skill::\"skill-{0}\", action == Rt::Action::\"http.send\", "
            "resource == Rt::Host::\"exc-{0}.example:443\")\nwhen {{ context.base.now < "
            "datetime(\"2026-{3:02}-28\") && context.base.approved }};\n\n",
            n, 1000 + n, n % 30, 1 + n % 12);
    }
    return fmt::format(
        "@id(\"G-ban-{0}\")\nforbid(principal, action in [Rt::Action::\"file.read\", "
        "Rt::Action::\"file.write\"], resource in Rt::Path::\"/project/private-{0}\")\n"
        "unless {{ principal in Rt::Team::\"team-{1}\" }};\n\n",
        n, n % 20);
}

}  // namespace

std::string generated_policies(std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += one(i % 5, i / 5);
    return out;
}

}  // namespace hs::bench_cedar
