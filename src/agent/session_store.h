// SessionStore: sessions, their messages and turns on disk, sealed.
//
// In clear lie only ids, order, times and the state of a turn; everything anybody said is sealed
// under the sessions' key (store/sealed.h). docs/formats/sessions.md has the tables.
// What it does not protect from: whoever holds the key; and how many messages there are, which
// shows. Threads: all functions from any thread; one writer thread groups the commits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "flow/label.h"
#include "models/chat.h"
#include "store/commit_queue.h"
#include "store/database.h"
#include "store/sealed.h"
#include "wire/json.h"

namespace hs::agent {

struct SessionFacts {
    std::string id;
    std::string title;
    std::string person;
    std::string space;
    std::string project;
    std::string origin;
    base::WallTime_ms created_ms = 0;
    base::WallTime_ms updated_ms = 0;
    bool has_memory = true;
};

struct StoredMessage {
    std::int64_t sequence = 0;  // from 1, without gaps
    std::string turn;
    models::Message message;
    flow::Label label;
    wire::Json trace = {};  // what agent/tracing.h keeps with it; null for nothing
};

enum class TurnStatus : std::uint8_t { running, done, failed, cancelled, interrupted };
std::string_view name_of(TurnStatus status);

// A tool call of a turn that waits for a person; kept so that a restart can go on with it.
struct WaitingCall {
    std::string approval;
    std::string call_id;
};

struct TurnFacts {
    std::string id;
    std::string session;
    TurnStatus status = TurnStatus::running;
    base::WallTime_ms started_ms = 0;
    std::optional<WaitingCall> waiting;
};

struct TurnBeginning {
    const TurnFacts& turn;
    const StoredMessage& message;
    std::optional<SessionFacts> fresh = {};  // a session that is not stored yet
};

class SessionStore {
  public:
    static base::Result<std::unique_ptr<SessionStore>> open(const std::string& path,
                                                            crypto::SecretBytes key,
                                                            base::Random& random);

    // Each returns when the change is durable, save_ledger and those named …_later excepted.
    base::Result<> create(const SessionFacts& session);
    base::Result<> rename(const std::string& session, const std::string& title);
    // From now on nothing of it is remembered.
    base::Result<> end_memory(const std::string& session);
    base::Result<> remove(const std::string& session);
    // A message that begins a turn, and the session with it where that is new. conflict when that
    // turn id is there already: the same request came twice, and its turn must not run again.
    base::Result<> begin_turn(const TurnBeginning& beginning);
    // The same without waiting, for a turn id that was just made and so cannot be there already.
    // What is stored afterwards becomes durable with it or after it, never before.
    base::Result<> begin_turn_later(const TurnBeginning& beginning, store::CommitQueue::Done done);
    base::Result<> append(const std::string& session, const StoredMessage& message);
    // Replaces the messages up to a sequence by one summary, which takes that sequence.
    base::Result<> fold(const std::string& session, std::int64_t up_to,
                        const StoredMessage& summary);
    base::Result<> set_turn(const TurnFacts& turn);
    // Queued, not awaited: a crash forgets at most what the last calls spent.
    base::Result<> save_ledger(const std::string& json);
    // As append and set_turn, without waiting: `done` is called once it is durable or has failed.
    base::Result<> append_later(const std::string& session, const StoredMessage& message,
                                std::optional<TurnFacts> turn, store::CommitQueue::Done done);

    base::Result<std::optional<SessionFacts>> find(const std::string& session);
    // Newest first.
    base::Result<std::vector<SessionFacts>> list(std::size_t sessions_max);
    base::Result<std::vector<StoredMessage>> messages(const std::string& session);
    // Not for turns that are done: they are in no index.
    base::Result<std::vector<TurnFacts>> turns_with(TurnStatus status);
    base::Result<std::optional<TurnFacts>> find_turn(const std::string& id);
    base::Result<std::string> load_ledger();
    void stop() { queue_->stop(); }

  private:
    struct Reader {
        std::unique_ptr<store::Database> database;
    };
    SessionStore(store::Compartment compartment, base::Random& random)
        : compartment_(std::move(compartment)), random_(random) {}

    store::CommitQueue::Change change_for(const TurnBeginning& beginning);
    base::Bytes sealed_message(const std::string& session, const StoredMessage& message);
    base::Result<StoredMessage> open_message(const std::string& session, std::int64_t sequence,
                                             base::ByteView sealed) const;
    base::Bytes sealed_facts(const SessionFacts& session);
    base::Result<> change_facts(const std::string& session,
                                const std::function<void(SessionFacts&)>& change);
    base::Result<SessionFacts> open_facts(store::Statement& row) const;

    store::Compartment compartment_;
    base::Random& random_;  // outlives this
    std::unique_ptr<store::CommitQueue> queue_;
    std::unique_ptr<base::Guarded<Reader>> reader_;
};

}  // namespace hs::agent
