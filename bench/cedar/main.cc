// Medians of three-outcome decisions, of loading and of validating, at 30, 1,000 and 10,000
// policies. One JSON object on standard output; compare.mjs sets it beside the peer.
//
//   bench_cedar FOLDER      the folder that holds policies-30.cedar and agent.cedarschema
#include <fmt/format.h>
#include <time.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "cedar/authorizer.h"
#include "cedar/json.h"
#include "cedar/validate.h"
#include "policies.h"
#include "requests.h"

namespace hs::bench_cedar {
namespace {

using cedar::Authorizer;
using cedar::Decision;
using cedar::EntityStore;
using Clock = std::chrono::steady_clock;

constexpr std::size_t batches = 4000;

std::string read_file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        std::cerr << path << ": cannot be read; give the folder of the peer benchmark\n";
        std::exit(1);
    }
    std::ostringstream out;
    out << stream.rdbuf();
    return out.str();
}

Outcome decide(const Authorizer& authorizer, const EntityStore& resident, Brought& brought,
               cedar::Scratch& scratch) {
    const auto passes = [&] {
        return authorizer.authorize(brought.request, resident, &brought.entities, scratch)
                   .decision == Decision::allow;
    };
    if (passes()) return Outcome::allow;
    const cedar::Value before = brought.request.context;
    brought.request.context = approved(brought);
    const bool allowed = passes();
    brought.request.context = before;
    return allowed ? Outcome::ask : Outcome::deny;
}

// Processor time counts on a shared machine; the wall time beside it shows how shared it is.
struct Figures {
    double cpu_us = 0;       // median
    double cpu_best_us = 0;  // 5th percentile
    double wall_us = 0;      // median
};

double processor_us() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

// The time of one call, from batches that run `use` for every timed case once.
template <class Use>
Figures time_calls(std::size_t count, std::size_t calls, Use use) {
    std::vector<double> cpu;
    std::vector<double> wall;
    for (std::size_t i = 0; i < count; ++i) {
        const auto start = Clock::now();
        const double cpu_start_us = processor_us();
        use();
        cpu.push_back((processor_us() - cpu_start_us) / static_cast<double>(calls));
        const std::chrono::duration<double, std::micro> passed = Clock::now() - start;
        wall.push_back(passed.count() / static_cast<double>(calls));
    }
    std::sort(cpu.begin(), cpu.end());
    std::sort(wall.begin(), wall.end());
    return {cpu[cpu.size() / 2], cpu[cpu.size() / 20], wall[wall.size() / 2]};
}

void must(const base::Result<>& result) {
    if (result) return;
    std::cerr << result.error().what << '\n';
    std::exit(1);
}

struct Setting {
    cedar::Schema schema;
    EntityStore resident;
    std::string base_policies;
};

Setting prepare(const std::string& folder) {
    Setting setting;
    auto schema =
        cedar::Schema::parse(read_file(folder + "/agent.cedarschema"), cedar::SchemaSyntax::human);
    if (!schema) {
        std::cerr << schema.error().what << '\n';
        std::exit(1);
    }
    setting.schema = std::move(*schema);
    add_core(setting.resident);
    must(cedar::add_schema_actions(setting.schema, setting.resident));
    must(setting.resident.close());
    setting.base_policies = read_file(folder + "/policies-30.cedar");
    return setting;
}

cedar::PolicySet parse(const std::string& text) {
    auto set = cedar::PolicySet::parse(text);
    if (!set) {
        std::cerr << set.error().what << '\n';
        std::exit(1);
    }
    return std::move(*set);
}

std::size_t wrong_decisions(const Authorizer& authorizer, const Setting& setting) {
    std::size_t wrong = 0;
    cedar::Scratch scratch;
    Brought brought;
    for (const Case& entry : cases()) {
        entry.build(brought, setting.resident);
        const auto valid = cedar::validate_request(brought.request, setting.schema);
        if (!valid) std::cerr << entry.label << ": " << valid.error().what << '\n';
        const Outcome found = decide(authorizer, setting.resident, brought, scratch);
        if (found == entry.expected && valid) continue;
        ++wrong;
        std::cerr << entry.label << ": expected " << static_cast<int>(entry.expected) << ", got "
                  << static_cast<int>(found) << '\n';
    }
    return wrong;
}

std::string json_of(const Figures& figures) {
    return fmt::format("{{\"cpu_us\": {:.3f}, \"cpu_best_us\": {:.3f}, \"wall_us\": {:.3f}}}",
                       figures.cpu_us, figures.cpu_best_us, figures.wall_us);
}

std::string measure(const Setting& setting, std::size_t policies) {
    const std::string text = setting.base_policies + "\n" + generated_policies(policies - 30);
    const std::size_t loads = policies > 5000 ? 9 : 31;
    const auto load = time_calls(loads, 1, [&] { Authorizer(parse(text)); });
    const cedar::PolicySet set = parse(text);
    const auto check = time_calls(loads, 1, [&] { CHECK(validate(set, setting.schema).passed()); });
    const auto both = time_calls(loads, 1, [&] {
        cedar::PolicySet loaded = parse(text);
        CHECK(validate(loaded, setting.schema).passed());
        const Authorizer authorizer(std::move(loaded));
    });
    const Authorizer authorizer(parse(text));
    const std::size_t wrong = wrong_decisions(authorizer, setting);
    cedar::Scratch scratch;
    std::vector<Brought> built(timed_cases);
    for (std::size_t i = 0; i < timed_cases; ++i) cases()[i].build(built[i], setting.resident);
    const auto decision = time_calls(batches, timed_cases, [&] {
        for (Brought& brought : built) decide(authorizer, setting.resident, brought, scratch);
    });
    Brought fresh;
    const auto with_request = time_calls(batches, timed_cases, [&] {
        for (std::size_t i = 0; i < timed_cases; ++i) {
            cases()[i].build(fresh, setting.resident);
            decide(authorizer, setting.resident, fresh, scratch);
        }
    });
    return fmt::format(
        "  \"{}\": {{\n    \"checked_decisions\": {}, \"wrong_decisions\": {},\n"
        "    \"three_outcome\": {},\n    \"three_outcome_with_request_built\": {},\n"
        "    \"load\": {},\n    \"validate\": {},\n    \"load_with_validation\": {}\n  }}",
        policies, cases().size(), wrong, json_of(decision), json_of(with_request), json_of(load),
        json_of(check), json_of(both));
}

}  // namespace
}  // namespace hs::bench_cedar

int main(int count, char** arguments) {
    if (count != 2) {
        std::cerr << "usage: bench_cedar FOLDER (with policies-30.cedar and agent.cedarschema)\n";
        return 1;
    }
    const auto setting = hs::bench_cedar::prepare(arguments[1]);
    std::cout << "{\n";
    for (const std::size_t policies : {30U, 1000U, 10000U}) {
        std::cout << hs::bench_cedar::measure(setting, policies)
                  << (policies < 10000 ? ",\n" : "\n");
        std::cout.flush();
    }
    std::cout << "}\n";
    return 0;
}
