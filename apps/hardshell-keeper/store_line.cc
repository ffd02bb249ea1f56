#include "hardshell-keeper/store_line.h"

#include <fmt/format.h>

#include "secrets/aws_store.h"
#include "secrets/local_stores.h"
#include "secrets/secret_service.h"
#include "secrets/vault_store.h"

namespace hs::keeping {

using base::Code;
using base::fail;
using base::Result;
using crypto::SecretBytes;
using Kind = StoreSetting::Kind;

namespace {

constexpr std::int64_t close_ms = 3'000;

bool same(const SecretBytes& left, const SecretBytes& right) {
    return crypto::equal(left.view(), right.view());
}

}  // namespace

Result<> StoreDesk::Line::queue(Job job) {
    const std::scoped_lock lock(mutex);
    if (stopping) return fail(Code::cancelled, "the keeper is stopping");
    // What is given back is never refused.
    const bool bounded = job.work != Work::end && job.work != Work::close;
    if (bounded && jobs.size() >= waiting_max) {
        return fail(Code::exhausted,
                    fmt::format("too many wait for the store {}; try again", parts.setting.name));
    }
    jobs.push_back(std::move(job));
    news.notify_all();
    return {};
}

void StoreDesk::Line::begin_stop() {
    const std::scoped_lock lock(mutex);
    stopping = true;
    news.notify_all();
}

void StoreDesk::Line::await_stop(os::Deadline deadline) {
    {
        std::unique_lock lock(mutex);
        news.wait_until(lock, deadline.at(), [this] { return stopped; });
    }
    stop.raise();
    if (thread.joinable()) thread.join();
}

StoreDesk::Line::Seen StoreDesk::Line::seen() const {
    const std::scoped_lock lock(mutex);
    return last;
}

void StoreDesk::Line::run() {
    const auto idle = std::chrono::seconds(parts.setting.idle_seconds);
    for (;;) {
        std::unique_lock lock(mutex);
        const auto due = [this] { return stopping || !jobs.empty(); };
        if (!store) {
            news.wait(lock, due);
        } else if (!news.wait_until(lock, used_at + idle, due)) {
            lock.unlock();
            release_idle();
            continue;
        }
        if (jobs.empty()) break;
        Job job = std::move(jobs.front());
        jobs.pop_front();
        lock.unlock();
        work(std::move(job));
    }
    work({0, Work::close, {parts.setting.name, "", "", ""}});
    const std::scoped_lock lock(mutex);
    stopped = true;
    news.notify_all();
}

// Nobody has asked for a while: what Hardshell's own requests have leased goes back, and when no
// sandbox holds anything either, the login too.
void StoreDesk::Line::release_idle() {
    used_at = std::chrono::steady_clock::now();
    work({0, Work::end, {parts.setting.name, "", "", ""}});
    if (store && store->leases() == 0) {
        work({0, Work::close, {parts.setting.name, "", "", ""}});
    }
}

void StoreDesk::Line::work(Job job) {
    const std::size_t before = store ? store->leases() : 0;
    Finished finished;
    finished.value = act(job);
    finished.id = job.id;
    finished.work = job.work;
    finished.store = parts.setting.name;
    const std::size_t after = store ? store->leases() : 0;
    finished.leases = before > after ? before - after : 0;
    finished.question = std::move(job.question);
    note(finished.work, finished.value);
    parts.post(std::move(finished));
}

void StoreDesk::Line::note(Work kind, const Result<SecretBytes>& value) {
    const std::scoped_lock lock(mutex);
    last.leases = store ? store->leases() : 0;
    const bool silent = kind == Work::end || kind == Work::close;
    if (silent && value) return;  // it may not have been asked at all
    last.trouble = value ? "" : value.error().what;
    last.at_ms = parts.clock.wall_ms();
}

Result<SecretBytes> StoreDesk::Line::act(Job& job) {
    const secrets::StoreWait closing{os::Deadline::after_ms(close_ms), stop};
    if (job.work == Work::end || job.work == Work::close) {
        if (store && job.work == Work::end) TRY(store->end(job.question.owner, closing));
        if (job.work == Work::close) TRY(close(closing));
        return SecretBytes();
    }
    if (job.deadline.passed() || stop.raised()) {
        return fail(Code::timed_out,
                    fmt::format("the store {} does not answer in time", parts.setting.name));
    }
    secrets::SecretStore* const held = TRY(store_for(std::move(job.login)));
    used_at = std::chrono::steady_clock::now();
    if (job.work == Work::put) {
        TRY(held->put(job.question.reference, job.value.view()));
        return SecretBytes();
    }
    if (job.work == Work::drop) {
        TRY(held->drop(job.question.reference));
        return SecretBytes();
    }
    return held->fetch(job.question.reference, job.question.owner, {job.deadline, stop});
}

// A credential that was set anew begins a new login.
Result<secrets::SecretStore*> StoreDesk::Line::store_for(Login login) {
    if (store && same(login.credential, used.credential) && same(login.session, used.session)) {
        return store.get();
    }
    static_cast<void>(close({os::Deadline::after_ms(close_ms), stop}).ok());
    used.credential = SecretBytes::copy_of(login.credential.view());
    used.session = SecretBytes::copy_of(login.session.view());
    store = make(std::move(login));
    return store.get();
}

std::unique_ptr<secrets::SecretStore> StoreDesk::Line::make(Login login) const {
    const StoreSetting& setting = parts.setting;
    secrets::RemoteParts remote{
        setting.name,
        [this](const secrets::StoreRequest& request,
               const secrets::StoreWait& wait) -> Result<secrets::StoreReply> {
            ship::Fault unused = ship::Fault::unknown;
            auto reply = TRY(parts.outlet.send({store_place(parts.setting.name), request.method,
                                                request.target, request.headers, request.body},
                                               wait.deadline, wait.stop, unused));
            return secrets::StoreReply{reply.status, std::move(reply.body)};
        },
        parts.clock};
    switch (setting.kind) {
        case Kind::sealed:
            return std::make_unique<secrets::SealedStore>(secrets::SealedStore::Parts{
                setting.name, parts.state + "/secrets-" + setting.name,
                SecretBytes::copy_of(parts.file_key.view()), parts.random});
        case Kind::keyring:
            return std::make_unique<secrets::KeyringStore>(
                setting.name, std::make_unique<secrets::SessionKeyring>(
                                  secrets::session_bus_address(), parts.random));
        case Kind::aws: {
            const std::string host = setting.port == (setting.scheme == "https" ? 443 : 80)
                                         ? setting.host
                                         : fmt::format("{}:{}", setting.host, setting.port);
            return std::make_unique<secrets::AwsStore>(
                std::move(remote),
                secrets::AwsCredentials{setting.access_key_id, std::move(login.credential),
                                        std::string(base::text_of(login.session.view()))},
                setting.region, host);
        }
        case Kind::vault:
            break;
    }
    return std::make_unique<secrets::VaultStore>(
        std::move(remote),
        secrets::VaultStore::Login{setting.role_id, std::move(login.credential),
                                   setting.name_space},
        secrets::LeaseBook::open(parts.state + "/leases-" + setting.name));
}

Result<> StoreDesk::Line::close(const secrets::StoreWait& wait) {
    if (!store) return {};
    const auto closed = store->close(wait);
    store.reset();
    used = {};
    return closed;
}

}  // namespace hs::keeping
