// StoreDesk: the stores of secrets of the configuration: each is asked on a thread of its own, and
// over the network through egress alone, so that one that is slow, sealed or locked keeps nobody
// else waiting.
//
// What it does not protect from: a store that lies; its values go only where the secret's own
// binding says. What a keeper that was killed had leased waits for the next login of its store.
// Threads: one owner, on which every Done is called; one thread a store.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "egress/leak_scan.h"
#include "gate/keeper.h"
#include "gate/settings.h"
#include "hardshell-keeper/outlet.h"
#include "hardshell-keeper/store_setting.h"
#include "secrets/secret_store.h"
#include "wire/json.h"

namespace hs::keeping {

class StoreDesk {
  public:
    using Done = std::function<void(base::Result<crypto::SecretBytes>)>;
    static constexpr std::size_t waiting_max = 64;

    struct Parts {
        const gate::Settings& settings;
        std::string state;  // the folder
        const crypto::SecretBytes& master;
        KeeperOutlet::Parts outlet;
    };
    static base::Result<std::unique_ptr<StoreDesk>> open(Parts parts);
    ~StoreDesk();
    StoreDesk(const StoreDesk&) = delete;
    StoreDesk& operator=(const StoreDesk&) = delete;

    // Hands authorities to egress and begins. Once egress has the key.
    void start();
    void set_generation(std::uint64_t generation) { outlet_.set_generation(generation); }
    // stores.release, for hardshelld when it stops; and the record of what was given back.
    void serve(gate::Keeper& keeper);
    // Called when values came or went, before whoever waits for one is told.
    void on_values(std::function<void()> listener) { values_changed_ = std::move(listener); }

    // not_found when no store of that name is configured; what is wrong with its configuration.
    base::Result<const StoreSetting*> find(const std::string& store) const;
    // The store that keeps secrets of this class, if one does.
    const StoreSetting* store_of_class(const std::string& secret_class) const;
    // Whether a store logs in with the secret; its name.
    std::string logs_in(const std::string& secret) const;

    struct Login {
        crypto::SecretBytes credential;
        crypto::SecretBytes session;
    };
    struct Question {
        std::string store;
        std::string secret;
        std::string reference;
        std::string owner;  // a sandbox's ticket, or nothing for Hardshell's own requests
    };
    // Each queues; exhausted when too many wait. Done comes once, by the store's time-out at last.
    base::Result<> fetch(Question question, Login login, Done done);
    base::Result<> put(Question question, crypto::SecretBytes value, Done done);
    base::Result<> drop(Question question, Done done);
    // Gives back what was leased for the owner.
    void end(const std::string& owner);
    // Gives back all leases and forgets logins and values.
    void release();
    // The same for a lockdown, after which hardshelld is about to stop.
    void release_all();
    // The same, and waits until it is done; leases of a store that does not answer end by
    // themselves. Nothing is asked any more.
    void stop(std::int64_t patience_ms);

    // Readable when take_finished() has something to do; to be called once a second as well.
    int news() const { return news_.fd(); }
    void take_finished();

    // What was fetched and is held by somebody, for fingerprints.
    std::vector<egress::NamedSecret> values() const;
    wire::Json status() const;

  private:
    struct Line;
    enum class Work : std::uint8_t { fetch, put, drop, end, close };
    struct Job;
    struct Finished {
        std::uint64_t id = 0;
        Work work = Work::fetch;
        std::string store;
        Question question;
        std::size_t leases = 0;  // given back
        base::Result<crypto::SecretBytes> value = crypto::SecretBytes();
    };
    struct Waiting {
        Done done;
        os::Deadline deadline;
        std::string store;
    };

    StoreDesk(Parts parts, os::WakeUp news);
    base::Result<> begin(const StoreSetting& setting);
    base::Result<> queue(Job job, Done done);
    void post(Finished finished);
    void take(Finished finished);
    void record_returned(const Finished& finished);
    void expire();
    void forget_values(const std::string& store, const std::string* owner);

    Parts parts_;
    KeeperOutlet outlet_;
    os::WakeUp news_;
    gate::Keeper* keeper_ = nullptr;
    std::function<void()> values_changed_;
    std::map<std::string, StoreSetting> settings_;
    std::map<std::string, base::Error> problems_;  // of stores that could not be read or begun
    std::map<std::uint64_t, Waiting> waiting_;
    std::uint64_t next_id_ = 1;
    bool released_ = false;
    struct ValueKey {
        std::string store, owner, secret;
        auto operator<=>(const ValueKey&) const = default;
    };
    std::map<ValueKey, crypto::SecretBytes> values_;
    std::mutex mutex_;  // guards finished_
    std::vector<Finished> finished_;
    std::map<std::string, std::unique_ptr<Line>> lines_;  // end before what they use
};

}  // namespace hs::keeping
