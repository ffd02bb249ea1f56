// E-mail as a channel: a mailbox of the assistant's own, read over IMAP, answered over SMTP.
//
// What it is for: a mail counts as a person's word once egress has proven its sender by DKIM and it
// is addressed to us; all else is left unread in the sense of this word, without an answer. What
// was quoted is not read. A thread of mails is a conversation. What it does not protect from: what
// mail/receipt.h and mail/text.h name; whoever else reads the mailbox, because \Seen is what tells
// that a mail was taken. Threads: as platform.h says.
#pragma once

#include "base/clock.h"
#include "base/guarded.h"
#include "channels/imap.h"
#include "channels/passage.h"
#include "channels/platform.h"

namespace hs::channels {

struct MailTimes {
    std::int64_t retry_ms = 1'000;
    std::int64_t retry_max_ms = 60'000;
    std::int64_t idle_ms = 540'000;  // RFC 2177 says 29 minutes; home routers forget sooner
    std::int64_t poll_ms =
        30'000;  // at a server without IDLE, and while a mail waits to be checked
    std::int64_t kept_ms = 60'000;
    std::int64_t pause_ms = 100;  // after a look that found nothing
    std::int64_t again_ms =
        30'000;  // until a mail that could not be checked is tried again, the first time
};

// What of a mail can be said before its sender is proven; nothing where it is not for us.
struct MailFacts {
    std::string claimed;  // the address in From, lower case
    std::string domain;
    std::string root;  // the Message-ID that began the thread
    std::string subject;
    std::string text;  // the sender's own words
    std::int64_t files = 0;
    bool is_passed_on = false;
};
// denied: a mail of a machine (RFC 3834) or of a list. conflict: our own. invalid_input: malformed.
base::Result<MailFacts> mail_facts(std::string_view letter, std::string_view our_address);

class Mail : public Platform {
  public:
    Mail(std::unique_ptr<Passage> passage, const base::Clock& clock, const MailTimes& times = {})
        : passage_(std::move(passage)), clock_(clock), times_(times) {}

    const Traits& traits() const override;
    Health health() const override;
    void run(Receiver& receiver, const os::WakeUp& stop) override;
    // Logs in to the mailbox and sends a mail to itself, which is not heard.
    base::Result<std::string> probe() override;
    Sent send(const Outgoing& message) override;
    Sent ask(const Card& card) override;
    base::Result<> settle(const Posted& card, const std::string& text) override;
    void whisper(const Spot& spot, const Account& account, const std::string& text) override;

  private:
    static constexpr std::size_t threads_max = 2'000;
    static constexpr std::size_t round_max = 50;
    static constexpr std::size_t waiting_max = 10'000;
    static constexpr int tries_max = 9;

    // A mail whose sender could not be found out yet: others go ahead of it.
    struct Deferred {
        int tries = 0;
        os::Deadline until = os::Deadline::after_ms(0);
    };

    struct Thread {
        std::string subject;
        std::string last;  // the newest Message-ID of the other side
    };
    enum class Round : std::uint8_t {
        nothing,
        some,
        waiting
    };  // waiting: a mail is to be tried anew
    base::Result<Imap> connect(const os::WakeUp* stop);
    base::Result<> serve(Imap& imap, Receiver& receiver, const os::WakeUp& stop);
    base::Result<Round> round(Imap& imap, Receiver& receiver, const os::WakeUp& stop);
    // Whether the mail is done with: taken, or refused for good.
    bool take(std::uint64_t uid, const std::string& letter, Receiver& receiver,
              const os::WakeUp& stop);
    bool deliver(Receiver& receiver, Incoming message);
    std::vector<std::uint64_t> due(const std::vector<std::uint64_t>& unseen, bool& waits);
    // false: it was tried often enough.
    bool put_off(Deferred& held) const;
    bool defer(std::uint64_t uid, const std::string& domain);
    bool waits_for_domain(std::uint64_t uid, const std::string& domain);
    Sent post(const Spot& spot, const std::string& text, const std::string& key,
              const flow::Label& label);
    std::string letter_for(const Spot& spot, const std::string& text, const std::string& key);
    void remember(const Spot& spot, Thread thread);
    void set_state(const std::string& state, const std::string& problem = "");

    std::unique_ptr<Passage> passage_;
    const base::Clock& clock_;
    const MailTimes times_;
    // Of run()'s thread: mails, and domains (their last two labels) whose name servers did not
    // answer.
    std::map<std::uint64_t, Deferred> deferred_;
    std::map<std::string, Deferred> slow_;
    base::Guarded<Health> health_;
    base::Guarded<std::map<std::string, Thread>> threads_;  // by sender and root
};

}  // namespace hs::channels
