// Secrets whose values other stores keep: which store, and the waiting for it.
#include <fmt/format.h>

#include "hardshell-keeper/vault.h"

namespace hs::keeping {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::size_t tasks_max = 128;

// A sandbox that asks leases for itself; Hardshell's own requests share theirs.
std::string owner_of(const egress::SecretQuestion& question, const gate::Keeper& keeper) {
    return keeper.program_of(question.nonce).empty() ? "" : base::to_hex(question.nonce);
}

Result<> for_its_own_tools(const std::string& name, const StoreSetting& setting) {
    return fail(Code::denied,
                fmt::format("the store {} is filled with its own tools; name what lies in it: "
                            "hardshell secret set {} --store {} --reference PATH#FIELD",
                            setting.name, name, setting.name));
}

}  // namespace

Result<StoreDesk::Login> Vault::login_for(const StoreSetting& setting) const {
    StoreDesk::Login login;
    for (auto [name, to] : {std::pair(&setting.credential, &login.credential),
                            std::pair(&setting.session, &login.session)}) {
        if (name->empty()) continue;
        auto value = file_.reveal(*name);
        if (!value) {
            return fail(value.error().code,
                        fmt::format("the store {} cannot be opened: {}; its credential lies in "
                                    "the keeper's own file: hardshell secret set {}",
                                    setting.name, value.error().what, *name));
        }
        *to = std::move(*value);
    }
    return login;
}

// A class that one store claims is kept there and nowhere else; a store that claims classes takes
// no other.
Result<const StoreSetting*> Vault::store_for(const std::string& secret_class,
                                             const Json& arguments) const {
    const std::string named = TRY(wire::text_at_or(arguments, "store", ""));
    const StoreSetting* const claims = stores_.store_of_class(secret_class);
    if (named.empty()) return claims;
    const StoreSetting* const wanted = TRY(stores_.find(named));
    if (claims != nullptr && claims != wanted) {
        return fail(Code::denied, fmt::format("secrets of the class {} are kept in the store {}",
                                              secret_class, claims->name));
    }
    if (!wanted->classes.empty() && !wanted->takes(secret_class)) {
        return fail(Code::denied, fmt::format("the store {} takes no secrets of the class {}; "
                                              "see: hardshell config get store.{}.classes",
                                              wanted->name, secret_class, wanted->name));
    }
    return wanted;
}

StoreDesk::Done Vault::begin_task(const std::string& secret, audit::Log& log, Json& answer,
                                  std::function<Result<>()> then) {
    Task task;
    task.id = fmt::format("task-{}", next_task_++);
    answer["task"] = task.id;
    tasks_.push_back(task);
    if (tasks_.size() > tasks_max) tasks_.pop_front();
    return [this, id = task.id, secret, &log,
            then = std::move(then)](Result<crypto::SecretBytes> value) {
        Result<> outcome = value ? then() : Result<>(value.failure());
        if (!outcome) {
            audit::Event event(audit::EventKind::secret_use);
            event.set(audit::Field::secret, secret)
                .set(audit::Field::outcome, "failed")
                .set(audit::Field::reason, outcome.error().what);
            const auto queued = log.append(event, [](Result<std::uint64_t>) {});
            static_cast<void>(queued.ok());  // a log that failed refuses every decision
        }
        const auto found = std::find_if(tasks_.begin(), tasks_.end(),
                                        [&](const Task& one) { return one.id == id; });
        if (found == tasks_.end()) return;
        found->done = true;
        if (!outcome) found->trouble = outcome.error().what;
    };
}

void Vault::forget_value(const secrets::SecretFacts& facts, audit::Log& log, Json& answer) {
    const auto setting = stores_.find(facts.store);
    // What a store over the network has leased ends with whom it was leased for.
    if (facts.store.empty() || !setting || !(*setting)->is_local()) return;
    auto done = begin_task(facts.name, log, answer, [] { return Result<>(); });
    StoreDesk::Question question{facts.store, facts.name, facts.reference, ""};
    const auto queued = stores_.drop(std::move(question), done);
    if (!queued) done(queued.failure());
}

Result<> Vault::keep(secrets::SecretFacts facts, std::string& value, audit::Log& log,
                     Json& answer) {
    if (!facts.store.empty()) return keep_in_store(std::move(facts), value, log, answer);
    const auto before = file_.facts(facts.name);
    TRY(file_.set(std::move(facts), base::bytes_of(value)));
    if (before) forget_value(*before, log, answer);
    if (changed_) changed_();
    return {};
}

// What it may do here is written once the store has the value.
Result<> Vault::keep_in_store(secrets::SecretFacts facts, std::string& value, audit::Log& log,
                              Json& answer) {
    const StoreSetting& setting = *TRY(stores_.find(facts.store));
    const bool moves = [&] {
        const auto before = file_.facts(facts.name);
        return before && (before->store != facts.store || before->reference != facts.reference);
    }();
    const auto write = [this, facts, moves, &log]() -> Result<> {
        const auto before = file_.facts(facts.name);
        TRY(file_.set(facts, {}));
        Json unused;
        if (moves && before) forget_value(*before, log, unused);
        if (changed_) changed_();
        return {};
    };
    if (!setting.is_local()) {
        if (!value.empty()) return for_its_own_tools(facts.name, setting);
        return write();
    }
    auto kept = crypto::SecretBytes::copy_of(base::bytes_of(value));
    StoreDesk::Question question{setting.name, facts.name, facts.reference, ""};
    auto done = begin_task(facts.name, log, answer, write);
    const auto queued = stores_.put(std::move(question), std::move(kept), done);
    if (!queued) done(queued.failure());
    return queued;
}

// {name}: whether the value can be had now. Nothing of it is told, and nothing stays leased.
Result<Json> Vault::check(const gate::Sender& sender, const Json& arguments, audit::Log& log,
                          const base::Clock&) {
    const std::string name = TRY(wire::text_at(arguments, "name"));
    const auto facts = TRY(file_.facts(name));
    if (sealed_ && sealed_()) {
        return fail(Code::denied, "the lockdown is on: no store is asked");
    }
    Json answer = JsonObject{{"name", name}, {"store", facts.store}};
    TRY(log.append_and_wait(audit::Event(audit::EventKind::secret_use)
                                .set(audit::Field::secret, name)
                                .set(audit::Field::person, sender.name)
                                .set(audit::Field::outcome, "checked")));
    if (facts.store.empty()) {
        TRY(file_.reveal(name));
        return answer;
    }
    const StoreSetting& setting = *TRY(stores_.find(facts.store));
    auto login = TRY(login_for(setting));
    const std::string owner = fmt::format("check {}", next_task_);
    auto done = begin_task(name, log, answer, [] { return Result<>(); });
    auto ended = [this, owner, done](Result<crypto::SecretBytes> value) {
        stores_.end(owner);
        done(std::move(value));
    };
    const auto queued =
        stores_.fetch({facts.store, name, facts.reference, owner}, std::move(login), ended);
    if (!queued) done(queued.failure());
    return answer;
}

Result<Json> Vault::outcome(const Json& arguments) const {
    const std::string id = TRY(wire::text_at(arguments, "task"));
    const auto found =
        std::find_if(tasks_.begin(), tasks_.end(), [&](const Task& one) { return one.id == id; });
    if (found == tasks_.end()) return fail(Code::not_found, "there is no such task any more");
    return Json(JsonObject{{"done", found->done}, {"trouble", found->trouble}});
}

Json Vault::list_stores() const {
    Json status = stores_.status();
    const auto all = file_.list();
    for (Json& one : *status["stores"].array()) {
        const auto name = wire::text_at(one, "name");
        one["secrets"] = std::count_if(all.begin(), all.end(), [&](const auto& facts) {
            return name && facts.store == *name;
        });
    }
    return status;
}

Result<> Vault::ask_store(os::Channel& egress, std::uint64_t id,
                          const egress::SecretQuestion& question, const secrets::SecretFacts& facts,
                          const Witnesses& witnesses) {
    const StoreSetting& setting = *TRY(stores_.find(facts.store));
    auto login = TRY(login_for(setting));
    StoreDesk::Question wanted{facts.store, facts.name, facts.reference,
                               owner_of(question, witnesses.keeper)};
    // While the store was asked, a lockdown may have begun, or a person may have bound the secret
    // elsewhere: both words are asked for again.
    auto done = [this, &egress, id, question, reference = facts.reference,
                 witnesses](Result<crypto::SecretBytes> value) {
        const auto admitted = admit(question, witnesses);
        if (!admitted) value = admitted.failure();
        const auto now = file_.facts(question.name);
        if (value && (!now || now->reference != reference)) {
            value = fail(Code::conflict, "the secret was changed meanwhile; try again");
        }
        conclude(egress, id, question, std::move(value), witnesses);
    };
    return stores_.fetch(std::move(wanted), std::move(login), std::move(done));
}

}  // namespace hs::keeping
