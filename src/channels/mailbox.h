// Mailbox: messages that came in and answers that go out, durable and sealed.
//
// What it is for: a message counts as received once it is here, and is here once, however often the
// platform repeats it; its answer is stored in the same commit that ends it. After a crash what was
// not ended comes again, in order. docs/formats/channels.md has the tables.
// What it does not protect from: whoever holds the key; how many messages there are shows.
// Threads: all functions from any thread; one writer thread groups the commits.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "channels/message.h"
#include "crypto/secret.h"
#include "store/commit_queue.h"
#include "store/database.h"
#include "store/sealed.h"

namespace hs::channels {

struct Received {
    std::int64_t row = 0;
    std::string channel;
    Incoming message;
};

struct Answer {
    std::int64_t row = 0;
    std::string channel;
    Outgoing message;
    bool is_left = false;  // from before a restart: it may have arrived
};

class Mailbox {
  public:
    // How long a message's id is remembered after it was ended.
    static constexpr std::int64_t remember_ms = std::int64_t{14} * 24 * 3600 * 1000;

    static base::Result<std::unique_ptr<Mailbox>> open(const std::string& path,
                                                       crypto::SecretBytes key,
                                                       const base::Clock& clock,
                                                       base::Random& random);

    // Stores the message and tells its row, or 0 for one that was here before. Called on the
    // writer's thread.
    using Kept = std::move_only_function<void(base::Result<std::int64_t> row)>;
    void take(const std::string& channel, const Incoming& message, Kept kept);
    // Ends a message; its answers are stored with that. Their rows are filled in.
    base::Result<> end(std::int64_t row, std::vector<Answer>& answers);
    // An answer that no message waits for.
    base::Result<> add(Answer& answer);
    // The answer has arrived, or never will.
    base::Result<> sent(std::int64_t row);

    // One sealed text under a name; empty where there is none.
    base::Result<> save_note(const std::string& name, const std::string& text);
    base::Result<std::string> load_note(const std::string& name);

    // What was not ended, in the order in which it came.
    base::Result<std::vector<Received>> unended();
    base::Result<std::vector<Answer>> unsent();
    // Forgets ids that are older than remember_ms; at most some thousands at a time.
    void forget_old();
    void stop() { queue_->stop(); }

  private:
    Mailbox(store::Compartment compartment, const base::Clock& clock, base::Random& random)
        : compartment_(std::move(compartment)), clock_(clock), random_(random) {}
    base::Bytes seal(std::string_view table, const std::string& row, const std::string& text);
    base::Result<std::string> open_text(std::string_view table, const std::string& row,
                                        base::ByteView sealed) const;
    store::CommitQueue::Change insert(std::shared_ptr<std::vector<Answer>> answers);

    store::Compartment compartment_;
    const base::Clock& clock_;  // both outlive this
    base::Random& random_;
    std::unique_ptr<store::CommitQueue> queue_;
    std::unique_ptr<base::Guarded<std::unique_ptr<store::Database>>> reader_;
};

// 32 bytes that name a platform's message in its channel; the row's key and its turn's.
base::Bytes message_key(const std::string& channel, const std::string& id);

}  // namespace hs::channels
