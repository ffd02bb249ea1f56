#include "memory/recollection.h"

#include <algorithm>

namespace hs::memory {

using base::Result;
using gate::CompartmentName;
using wire::Json;

namespace {

constexpr std::size_t compared_words_max = 40;
constexpr double alike_share = 0.5;

}  // namespace

std::vector<std::string> compartments_for(const gate::Circumstances& circumstances) {
    std::vector<std::string> names;
    std::vector<std::string> projects{""};
    if (!circumstances.project.empty())
        projects.push_back(gate::project_tag(circumstances.project));
    for (const auto& project : projects) {
        for (const auto sensitivity :
             {CompartmentName::Sensitivity::open, CompartmentName::Sensitivity::private_}) {
            names.push_back(CompartmentName{circumstances.space, project, sensitivity}.text());
        }
    }
    return names;
}

Result<std::vector<Found>> recall(Memory& memory, gate::Gate& gate,
                                  const gate::Circumstances& circumstances,
                                  const RecallWish& wish) {
    std::vector<Found> all;
    const std::string digest = memory.query_digest(wish.query);
    for (const auto& compartment : compartments_for(circumstances)) {
        if (!memory.has_entries(compartment)) continue;
        auto permit = permit_for(gate, gate::Recall{compartment, digest}, circumstances);
        if (!permit) {
            if (permit.error().code == base::Code::denied) continue;
            return permit.failure();
        }
        // More than are wanted, because the least trusted are passed over below.
        for (Found& found : TRY(memory.search(*permit, wish.query, 4 * wish.found_max))) {
            if (found.entry.label.integrity >= wish.least) all.push_back(std::move(found));
        }
    }
    finish_erasures(memory, gate);
    std::stable_sort(all.begin(), all.end(),
                     [](const Found& a, const Found& b) { return a.score > b.score; });
    if (all.size() > wish.found_max) all.resize(wish.found_max);
    return all;
}

gate::Remember forget_action(const Forgetting& wish, gate::Remember::Operation operation) {
    gate::Remember action;
    action.compartment = wish.compartment;
    action.operation = operation;
    action.content_sha256 = ids_digest(wish.ids);
    action.entries = wish.ids.size();
    return action;
}

Result<Forgotten> forget(Memory& memory, gate::Gate& gate, gate::Permit<gate::Remember> permit,
                         const Forgetting& wish) {
    const std::string decision = permit.id();
    const Erased erased = TRY(memory.erase(std::move(permit), wish.ids));
    Forgotten forgotten;
    forgotten.ids = erased.ids;
    for (const BackupFacts& backup : TRY(memory.backups())) {
        if (backup.made_ms >= wish.oldest_ms) forgotten.backups.push_back(backup.place);
    }
    Json arguments;
    arguments["compartment"] = wish.compartment;
    arguments["generation"] = static_cast<std::int64_t>(erased.generation);
    arguments["left"] = erased.left;
    arguments["decision"] = decision;
    arguments["person"] = wish.person;
    arguments["entries"] = static_cast<std::int64_t>(erased.ids.size());
    arguments["ids_sha256"] = ids_digest(erased.ids);
    arguments["backups"] = static_cast<std::int64_t>(forgotten.backups.size());
    const Json answer = TRY(gate.question("memory.erased", std::move(arguments)));
    forgotten.record = TRY(wire::integer_at(answer, "index"));
    return forgotten;
}

void finish_erasures(Memory& memory, gate::Gate& gate) {
    for (const Unfinished& one : memory.take_unfinished()) {
        Json arguments;
        arguments["compartment"] = one.compartment;
        arguments["generation"] = static_cast<std::int64_t>(one.generation);
        // Not 0: that would destroy the key that holds now.
        arguments["left"] = std::max<std::int64_t>(one.left, 1);
        // Where it cannot be told now, the next start finds it again.
        static_cast<void>(gate.question("memory.erased", std::move(arguments)).ok());
    }
}

Result<std::size_t> expire(Memory& memory, gate::Gate& gate, gate::Circumstances circumstances,
                           base::WallTime_ms now_ms, std::int64_t retention_days) {
    constexpr std::int64_t day_ms = 24 * 3600 * std::int64_t{1000};
    const base::WallTime_ms since_ms = retention_days > 0 ? now_ms - retention_days * day_ms : 0;
    std::size_t count = 0;
    for (const auto& [compartment, ids] : TRY(memory.expired(now_ms, since_ms))) {
        Forgetting wish{compartment, ids, circumstances.person};
        auto permit = TRY(permit_for(gate, forget_action(wish, gate::Remember::Operation::expire),
                                     circumstances));
        count += TRY(forget(memory, gate, std::move(permit), wish)).ids.size();
    }
    return count;
}

bool may_contradict(const Entry& a, const Entry& b) {
    if (a.text == b.text || a.id == b.id) return false;
    const auto left = words_of(a.text, compared_words_max);
    const auto right = words_of(b.text, compared_words_max);
    if (left.size() < 2 || right.size() < 2) return false;
    std::size_t common = 0;
    for (const auto& word : left) {
        common += std::find(right.begin(), right.end(), word) != right.end() ? 1 : 0;
    }
    const std::size_t all = left.size() + right.size() - common;
    return static_cast<double>(common) >= alike_share * static_cast<double>(all);
}

}  // namespace hs::memory
