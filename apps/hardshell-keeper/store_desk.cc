#include "hardshell-keeper/store_desk.h"

#include <fmt/format.h>

#include <cstdio>

#include "crypto/mac.h"
#include "egress/frames.h"
#include "hardshell-keeper/store_line.h"
#include "os/file.h"

namespace hs::keeping {

using base::Code;
using base::fail;
using base::Result;
using crypto::SecretBytes;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

// A lockdown has a second for everything, and the giving back has begun before.
constexpr std::int64_t lockdown_patience_ms = 400;
constexpr std::int64_t stop_patience_ms = 2'500;
constexpr std::size_t pem_bytes_max = std::size_t{1} << 20U;

}  // namespace

StoreDesk::StoreDesk(Parts parts, os::WakeUp news)
    : parts_(std::move(parts)), outlet_(parts_.outlet), news_(std::move(news)) {
    for (StoreReading& one : read_stores(parts_.settings)) {
        if (one.setting) {
            settings_.emplace(one.name, std::move(*one.setting));
        } else {
            problems_.emplace(one.name, one.setting.error());
        }
    }
}

StoreDesk::~StoreDesk() {
    stop(0);
}

Result<std::unique_ptr<StoreDesk>> StoreDesk::open(Parts parts) {
    auto news = TRY(os::WakeUp::make());
    return std::unique_ptr<StoreDesk>(new StoreDesk(std::move(parts), std::move(news)));
}

void StoreDesk::start() {
    for (const auto& [name, setting] : settings_) {
        const auto begun = begin(setting);
        if (!begun) problems_.emplace(name, begun.error());
    }
    for (const auto& [name, problem] : problems_) {
        std::fprintf(stderr, "hardshell-keeper: no store %s: %s\n", name.c_str(),
                     problem.what.c_str());
    }
}

Result<> StoreDesk::begin(const StoreSetting& setting) {
    const std::string place = store_place(setting.name);
    if (!setting.ca.empty()) {
        egress::NamedIdentity named{place, {}};
        named.identity.roots_pem = TRY(os::read_text(setting.ca, pem_bytes_max));
        const base::Bytes packed = egress::pack_identity(named);
        TRY(parts_.outlet.egress.send(
            0, static_cast<std::uint16_t>(egress::EgressFrameKind::identity), packed));
    }
    if (!setting.is_local()) {
        Place at;
        at.scheme = setting.scheme == "http" ? egress::Scheme::http : egress::Scheme::https;
        at.host = setting.host;
        at.port = setting.port;
        at.identity = setting.ca.empty() ? "" : place;
        at.purpose = egress::Purpose::store;
        outlet_.add_place(place, std::move(at));
    }
    Line::Parts held{setting,
                     parts_.settings,
                     parts_.outlet.clock,
                     parts_.outlet.random,
                     outlet_,
                     parts_.state,
                     crypto::derive_key(parts_.master, "secrets file " + setting.name),
                     [this](Finished finished) { post(std::move(finished)); }};
    auto line = std::make_unique<Line>(std::move(held), TRY(os::WakeUp::make()));
    line->thread = std::thread([raw = line.get()] { raw->run(); });
    lines_[setting.name] = std::move(line);
    return {};
}

// hardshelld says when it stops, while egress is still there.
void StoreDesk::serve(gate::Keeper& keeper) {
    keeper_ = &keeper;
    keeper.add_verb("stores.release", gate::Keeper::Access::daemon_or_person,
                    [this](const gate::Sender& sender, const Json&) -> Result<Json> {
                        if (sender.kind != gate::Sender::Kind::daemon) {
                            return fail(Code::denied, "only the daemon ends the stores");
                        }
                        stop(released_ ? lockdown_patience_ms : stop_patience_ms);
                        return Json(JsonObject{});
                    });
}

Result<const StoreSetting*> StoreDesk::find(const std::string& store) const {
    const auto problem = problems_.find(store);
    if (problem != problems_.end()) return fail(problem->second.code, problem->second.what);
    const auto found = settings_.find(store);
    if (found != settings_.end()) return &found->second;
    return fail(Code::not_found, fmt::format("no store {} is configured; see: hardshell config "
                                             "explain store.*.url",
                                             store));
}

const StoreSetting* StoreDesk::store_of_class(const std::string& secret_class) const {
    for (const auto& [name, setting] : settings_) {
        if (setting.takes(secret_class)) return &setting;
    }
    return nullptr;
}

std::string StoreDesk::logs_in(const std::string& secret) const {
    for (const auto& [name, setting] : settings_) {
        if (setting.credential == secret || setting.session == secret) return name;
    }
    return {};
}

Result<> StoreDesk::queue(Job job, Done done) {
    const StoreSetting* const setting = TRY(find(job.question.store));
    const auto line = lines_.find(setting->name);
    if (line == lines_.end()) return fail(Code::cancelled, "the keeper is starting or stopping");
    job.id = next_id_++;
    job.deadline = os::Deadline::after_ms(setting->timeout_ms);
    Waiting waiting{std::move(done), job.deadline, setting->name};
    const std::uint64_t id = job.id;
    TRY(line->second->queue(std::move(job)));
    waiting_.emplace(id, std::move(waiting));
    return {};
}

Result<> StoreDesk::fetch(Question question, Login login, Done done) {
    return queue({0, Work::fetch, std::move(question), std::move(login)}, std::move(done));
}

Result<> StoreDesk::put(Question question, SecretBytes value, Done done) {
    return queue({0, Work::put, std::move(question), {}, std::move(value)}, std::move(done));
}

Result<> StoreDesk::drop(Question question, Done done) {
    return queue({0, Work::drop, std::move(question)}, std::move(done));
}

void StoreDesk::end(const std::string& owner) {
    // Behind what is being fetched for it in this moment.
    for (auto& [name, line] : lines_) {
        if (settings_.at(name).is_local()) continue;
        static_cast<void>(line->queue({0, Work::end, {name, "", "", owner}}).ok());
    }
}

void StoreDesk::release_all() {
    released_ = true;
    release();
}

void StoreDesk::release() {
    for (auto& [name, line] : lines_) {
        static_cast<void>(line->queue({0, Work::close, {name, "", "", ""}}).ok());
    }
}

void StoreDesk::stop(std::int64_t patience_ms) {
    const os::Deadline deadline = os::Deadline::after_ms(patience_ms);
    for (auto& [name, line] : lines_) line->begin_stop();
    for (auto& [name, line] : lines_) line->await_stop(deadline);
    take_finished();
    lines_.clear();
}

void StoreDesk::post(Finished finished) {
    const std::scoped_lock lock(mutex_);
    finished_.push_back(std::move(finished));
    news_.raise();
}

void StoreDesk::take_finished() {
    std::vector<Finished> finished;
    {
        const std::scoped_lock lock(mutex_);
        news_.lower();
        finished.swap(finished_);
    }
    for (Finished& one : finished) take(std::move(one));
    expire();
}

void StoreDesk::forget_values(const std::string& store, const std::string* owner) {
    const auto gone = std::erase_if(values_, [&](const auto& item) {
        return item.first.store == store && (owner == nullptr || item.first.owner == *owner);
    });
    if (gone != 0 && values_changed_) values_changed_();
}

void StoreDesk::record_returned(const Finished& finished) {
    if (keeper_ == nullptr || (finished.leases == 0 && finished.value)) return;
    audit::Event event(audit::EventKind::secret_use);
    event.set(audit::Field::outcome, finished.value ? "returned" : "not_returned");
    event.detail("store", finished.store);
    event.detail("leases", static_cast<std::int64_t>(finished.leases));
    if (!finished.value) event.set(audit::Field::reason, finished.value.error().what);
    keeper_->record(std::move(event));
}

void StoreDesk::take(Finished finished) {
    const Question& question = finished.question;
    if (finished.work == Work::end || finished.work == Work::close) {
        forget_values(finished.store, finished.work == Work::end ? &question.owner : nullptr);
        return record_returned(finished);
    }
    const auto waiting = waiting_.find(finished.id);
    if (waiting == waiting_.end()) return;  // it was told that it takes too long
    if (finished.work == Work::fetch && finished.value) {
        SecretBytes& held = values_[{finished.store, question.owner, question.secret}];
        if (!crypto::equal(held.view(), finished.value->view())) {
            held = SecretBytes::copy_of(finished.value->view());
            if (values_changed_) values_changed_();
        }
    }
    const Done done = std::move(waiting->second.done);
    waiting_.erase(waiting);
    done(std::move(finished.value));
}

// A keyring that hangs does not stop by itself; whoever waits for it does.
void StoreDesk::expire() {
    std::vector<Waiting> late;
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        if (!at->second.deadline.passed()) {
            ++at;
            continue;
        }
        late.push_back(std::move(at->second));
        at = waiting_.erase(at);
    }
    for (Waiting& one : late) {
        one.done(
            fail(Code::timed_out, fmt::format("the store {} does not answer in time", one.store)));
    }
}

std::vector<egress::NamedSecret> StoreDesk::values() const {
    std::vector<egress::NamedSecret> values;
    for (const auto& [key, value] : values_) {
        values.push_back({key.secret, SecretBytes::copy_of(value.view())});
    }
    return values;
}

Json StoreDesk::status() const {
    JsonArray stores;
    for (const auto& [name, setting] : settings_) {
        if (problems_.contains(name)) continue;
        Json one =
            JsonObject{{"name", name},
                       {"kind", kind_name(setting.kind)},
                       {"address", setting.address()},
                       {"space", setting.space},
                       {"credential", setting.credential},
                       {"classes", JsonArray(setting.classes.begin(), setting.classes.end())}};
        const auto line = lines_.find(name);
        const Line::Seen seen = line == lines_.end() ? Line::Seen() : line->second->seen();
        one["state"] = seen.at_ms == 0        ? "not asked yet"
                       : seen.trouble.empty() ? "answers"
                                              : "trouble";
        one["trouble"] = seen.trouble;
        one["asked"] = seen.at_ms == 0 ? "" : base::format_time(seen.at_ms);
        one["leases"] = static_cast<std::int64_t>(seen.leases);
        stores.push_back(std::move(one));
    }
    for (const auto& [name, problem] : problems_) {
        stores.push_back(JsonObject{{"name", name},
                                    {"kind", ""},
                                    {"address", ""},
                                    {"space", ""},
                                    {"credential", ""},
                                    {"classes", JsonArray()},
                                    {"state", "closed"},
                                    {"trouble", problem.what},
                                    {"asked", ""},
                                    {"leases", 0}});
    }
    return JsonObject{{"stores", std::move(stores)}};
}

}  // namespace hs::keeping
