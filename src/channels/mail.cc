#include "channels/mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "base/bytes.h"
#include "channels/look.h"
#include "channels/text.h"
#include "crypto/hash.h"
#include "mail/compose.h"
#include "mail/receipt.h"
#include "mail/text.h"
#include "mail/words.h"

namespace hs::channels {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t card_bytes_max = 8'000;
constexpr std::size_t subject_bytes_max = 200;
constexpr std::string_view answer_mark = "hsa-";

// The bytes of egress's line, as the IMAP client reads them.
class EgressLine : public ImapLine {
  public:
    EgressLine(std::unique_ptr<egress::MessageLine> line, const os::WakeUp* stop)
        : line_(std::move(line)), stop_(stop) {}
    ~EgressLine() override { line_->close(); }
    Result<std::string> read(os::Deadline deadline) override {
        return line_->receive(deadline, stop_);
    }
    Result<> write(std::string_view bytes) override { return line_->write(bytes); }

  private:
    std::unique_ptr<egress::MessageLine> line_;
    const os::WakeUp* stop_;
};

std::string value_in(const mail::Letter& letter, std::string_view name) {
    for (const auto& field : letter.fields) {
        if (field.name == name) return mail::words_of(field.value);
    }
    return "";
}

// RFC 3834 section 2 and what lists and machines say of themselves. Answering them makes loops.
bool is_of_machine(const mail::Letter& letter) {
    const std::string automatic = mail::lower_ascii(value_in(letter, "auto-submitted"));
    const std::string precedence = mail::lower_ascii(value_in(letter, "precedence"));
    const bool empty_path = value_in(letter, "return-path") == "<>";
    return (!automatic.empty() && automatic != "no") || precedence == "bulk" ||
           precedence == "junk" || precedence == "list" || !value_in(letter, "list-id").empty() ||
           empty_path;
}

// What a domain's owner has in hand, roughly: "mail.firm.example" is of "firm.example".
std::string two_labels(const std::string& domain) {
    const std::size_t last = domain.rfind('.');
    const std::size_t before =
        last == std::string::npos || last == 0 ? std::string::npos : domain.rfind('.', last - 1);
    return before == std::string::npos ? domain : domain.substr(before + 1);
}

// The first id of the thread, or the mail's own.
std::string root_of(const mail::Letter& letter) {
    for (const auto* name : {"references", "in-reply-to", "message-id"}) {
        for (const auto& field : letter.fields) {
            if (field.name != name) continue;
            const auto ids = mail::message_ids_in(field.value);
            if (!ids.empty()) return ids.front();
        }
    }
    return "";
}

// What a person means to say: the body; the subject too where it begins a thread.
std::string words_of(const mail::Letter& letter, const Result<mail::LetterText>& body,
                     const std::string& subject) {
    if (!body) {
        return subject +
               "\n\n(The mail has no plain text that can be read, and nothing else of it "
               "was. Please send it as plain text.)";
    }
    if (body->text.empty()) return subject;
    if (body->text.starts_with(answer_mark)) return body->text.substr(0, body->text.find('\n'));
    const bool is_first = value_in(letter, "in-reply-to").empty();
    const bool is_word = body->text.find_first_of(" \n") == std::string::npos;
    if (!is_first || is_word || subject.empty()) return body->text;
    return body->text + "\n\n(Subject: " + subject + ")";
}

}  // namespace

Result<MailFacts> mail_facts(std::string_view bytes, std::string_view our_address) {
    const mail::Letter letter = TRY(mail::read_letter(bytes));
    MailFacts facts;
    facts.claimed =
        mail::lower_ascii(TRY(mail::only_address(TRY(mail::only_field(letter, "from")).value)));
    facts.domain = facts.claimed.substr(facts.claimed.find('@') + 1);
    if (facts.claimed == mail::lower_ascii(our_address)) {
        return fail(Code::conflict, "it says to be our own");
    }
    if (is_of_machine(letter)) return fail(Code::denied, "it was sent by a machine");
    facts.root = root_of(letter);
    facts.subject = shortened(value_in(letter, "subject"), subject_bytes_max);
    const auto body = mail::text_of(letter);
    facts.text = words_of(letter, body, facts.subject);
    if (body) {
        facts.files = static_cast<std::int64_t>(body->files);
        facts.is_passed_on = body->is_passed_on;
    }
    return facts;
}

const Traits& Mail::traits() const {
    static const Traits held{60'000, false, Traits::Dialect::markdown};
    return held;
}

Health Mail::health() const {
    return health_.with([](const Health& held) { return held; });
}

void Mail::set_state(const std::string& state, const std::string& problem) {
    health_.with([&](Health& held) {
        if (state == "connected" && held.state != state) ++held.connections;
        held.state = state;
        held.problem = problem;
    });
}

Result<Imap> Mail::connect(const os::WakeUp* stop) {
    Imap imap(std::make_unique<EgressLine>(TRY(passage_->open_imap(stop)), stop));
    TRY(imap.begin());
    return imap;
}

Result<std::string> Mail::probe() {
    auto imap = TRY(connect(nullptr));
    imap.end();
    const std::string& ours = passage_->setting().account;
    const Spot spot{ours, ""};
    const auto key = fmt::format("probe {}", clock_.wall_ms());
    const auto answer =
        TRY(passage_->submit(ours, letter_for(spot, "Hardshell has tested this mailbox.", key),
                             flow::Label::nothing(), nullptr));
    if (answer.code / 100 != 2) {
        return fail(Code::denied, fmt::format("the mailbox opens, but mail cannot be sent: {} {}",
                                              answer.code, answer.text));
    }
    return "the mailbox opens and mail goes out: " + ours;
}

void Mail::run(Receiver& receiver, const os::WakeUp& stop) {
    std::int64_t pause_ms = 0;
    while (!stop.raised()) {
        auto imap = connect(&stop);
        Result<> ended = imap ? Result<>() : Result<>(imap.failure());
        if (imap) {
            set_state("connected");
            pause_ms = 0;
            ended = serve(*imap, receiver, stop);
        }
        if (stop.raised()) break;
        set_state("failed", ended.error().what);
        pause_ms = std::min(std::max(pause_ms * 2, times_.retry_ms), times_.retry_max_ms);
        if (os::wait_for(stop.fd(), os::Ready::readable, os::Deadline::after_ms(pause_ms))) break;
    }
    set_state("stopped");
}

// Until the line ends. A server that keeps telling of mails that are not there is not asked at
// once.
Result<> Mail::serve(Imap& imap, Receiver& receiver, const os::WakeUp& stop) {
    for (;;) {
        const Round found = TRY(round(imap, receiver, stop));
        if (found == Round::some) continue;
        if (os::wait_for(stop.fd(), os::Ready::readable, os::Deadline::after_ms(times_.pause_ms))) {
            return fail(Code::cancelled, "the channel was stopped");
        }
        const std::int64_t wait_ms = found == Round::waiting ? times_.poll_ms : times_.idle_ms;
        TRY(imap.wait(os::Deadline::after_ms(wait_ms), times_.poll_ms));
    }
}

// The mails to look at now, those first that were tried least; whether others wait for their time.
std::vector<std::uint64_t> Mail::due(const std::vector<std::uint64_t>& unseen, bool& waits) {
    std::vector<std::pair<int, std::uint64_t>> found;
    for (const std::uint64_t uid : unseen) {
        const auto held = deferred_.find(uid);
        if (held == deferred_.end()) {
            found.emplace_back(0, uid);
        } else if (held->second.until.passed()) {
            found.emplace_back(held->second.tries, uid);
        } else {
            waits = waits || held->second.tries < tries_max;
        }
    }
    std::sort(found.begin(), found.end());
    std::vector<std::uint64_t> uids;
    for (const auto& [tries, uid] : found) uids.push_back(uid);
    return uids;
}

Result<Mail::Round> Mail::round(Imap& imap, Receiver& receiver, const os::WakeUp& stop) {
    bool anything = false;
    bool waits = false;
    std::size_t looked_at = 0;
    for (const std::uint64_t uid : due(TRY(imap.unseen(waiting_max)), waits)) {
        if (looked_at++ == round_max) return Round::some;
        auto letter = imap.fetch(uid);
        const Code code = letter ? Code::io : letter.error().code;
        if (!letter && code == Code::not_found) continue;
        if (!letter && code != Code::exhausted) return letter.failure();
        if (!letter) receiver.note("a mail was not read: " + letter.error().what);
        if (letter && !take(uid, *letter, receiver, stop)) {
            waits = true;
            continue;
        }
        deferred_.erase(uid);
        TRY(imap.mark_seen(uid));
        anything = true;
    }
    if (anything) return Round::some;
    return waits ? Round::waiting : Round::nothing;
}

// Twice as long each time; after some hours not before the next start. It stays unseen.
bool Mail::put_off(Deferred& held) const {
    held.until = os::Deadline::after_ms(times_.again_ms << held.tries);
    if (++held.tries < tries_max) return true;
    held.until = os::Deadline::never();
    return false;
}

// A mail whose sender could not be found out. Whoever sends many from domains whose name servers
// are silent holds up nobody else: such a domain is asked about once in a while.
bool Mail::defer(std::uint64_t uid, const std::string& domain) {
    if (deferred_.size() >= waiting_max) deferred_.clear();
    if (slow_.size() >= waiting_max) slow_.clear();
    Deferred& slow = slow_[two_labels(domain)];
    slow.until = os::Deadline::after_ms(times_.again_ms << std::min(slow.tries++, tries_max));
    return put_off(deferred_[uid]);
}

bool Mail::waits_for_domain(std::uint64_t uid, const std::string& domain) {
    const auto slow = slow_.find(two_labels(domain));
    if (slow == slow_.end() || slow->second.until.passed()) return false;
    deferred_[uid].until = slow->second.until;
    return true;
}

bool Mail::take(std::uint64_t uid, const std::string& letter, Receiver& receiver,
                const os::WakeUp& stop) {
    const std::string& ours = passage_->setting().account;
    const auto facts = mail_facts(letter, ours);
    if (!facts) {
        // What we send to ourselves is the test of the channel.
        const bool own = facts.error().code == Code::conflict;
        if (!own) receiver.note("a mail was not read: " + facts.error().what);
        return true;
    }
    if (waits_for_domain(uid, facts->domain)) return false;
    const auto receipt = passage_->check_letter(letter, facts->domain, &stop);
    if (!receipt) {
        const Code code = receipt.error().code;
        const bool for_good = code == Code::denied || code == Code::invalid_input;
        if (!for_good && defer(uid, facts->domain)) return false;
        receiver.note(fmt::format("a mail that says to be from {} was not read: {}", facts->claimed,
                                  receipt.error().what));
        return for_good;
    }
    slow_.erase(two_labels(facts->domain));
    const std::string from = mail::lower_ascii(look_text(*receipt, {"from"}));
    if (from != facts->claimed) return true;  // egress and we have read the same bytes
    const std::string id = look_text(*receipt, {"message_id"});
    Incoming message;
    message.id = from + " " + id;
    message.from = {facts->domain, from};
    message.spot = {from, facts->root};
    message.text = facts->text;
    message.is_direct = true;
    message.is_named = true;
    message.is_passed_on = facts->is_passed_on;
    message.files = facts->files;
    remember(message.spot, {facts->subject, id});
    if (deliver(receiver, std::move(message))) return true;
    put_off(deferred_[uid]);
    return false;
}

// Waits until the message is durable: then alone it may be marked as seen.
bool Mail::deliver(Receiver& receiver, Incoming message) {
    health_.with([](Health& held) { ++held.received; });
    const auto told = std::make_shared<std::promise<bool>>();
    auto kept = told->get_future();
    receiver.take(std::move(message), [told](const Result<>& done) { told->set_value(done.ok()); });
    if (kept.wait_for(std::chrono::milliseconds(times_.kept_ms)) != std::future_status::ready) {
        return false;
    }
    return kept.get();
}

void Mail::remember(const Spot& spot, Thread thread) {
    threads_.with([&](auto& threads) {
        if (threads.size() >= threads_max) threads.erase(threads.begin());
        threads[spot.conversation + "\n" + spot.thread] = std::move(thread);
    });
}

// The same key makes the same Message-ID, by which a mail that arrives twice is known.
std::string Mail::letter_for(const Spot& spot, const std::string& text, const std::string& key) {
    constexpr std::size_t id_digits = 32;
    const std::string& ours = passage_->setting().account;
    const Thread thread = threads_.with([&](auto& threads) {
        const auto found = threads.find(spot.conversation + "\n" + spot.thread);
        return found == threads.end() ? Thread{"Hardshell", ""} : found->second;
    });
    mail::Outbound letter;
    letter.from = ours;
    letter.to = spot.conversation;
    const bool answers = !spot.thread.empty();
    const bool has_mark = mail::lower_ascii(thread.subject).starts_with("re:");
    letter.subject = answers && !has_mark ? "Re: " + thread.subject : thread.subject;
    letter.message_id =
        fmt::format("<{}@{}>",
                    base::to_hex(crypto::sha256(base::bytes_of(passage_->setting().name + key)))
                        .substr(0, id_digits),
                    ours.substr(ours.find('@') + 1));
    letter.in_reply_to = thread.last.empty() ? spot.thread : thread.last;
    letter.references = spot.thread;
    if (!thread.last.empty() && thread.last != spot.thread) letter.references += " " + thread.last;
    letter.date_s = clock_.wall_ms() / 1'000;
    letter.text = text;
    return mail::composed(letter);
}

Sent Mail::post(const Spot& spot, const std::string& text, const std::string& key,
                const flow::Label& label) {
    constexpr std::int64_t later_ms = 15'000;
    const auto answer =
        passage_->submit(spot.conversation, letter_for(spot, text, key), label, nullptr);
    if (!answer) {
        // Before the mail is whole at the server nothing was sent.
        const Code code = answer.error().code;
        const bool never = code == Code::denied || code == Code::invalid_input;
        return {never ? Sent::How::refused : Sent::How::later, "", later_ms, answer.error().what};
    }
    const std::string what = fmt::format("{} {}", answer->code, answer->text);
    if (answer->code == 0) return {Sent::How::unsure, "", 0, answer->text};
    if (answer->code / 100 == 5) return {Sent::How::refused, "", 0, what};
    if (answer->code / 100 != 2) return {Sent::How::later, "", later_ms, what};
    health_.with([](Health& held) { ++held.sent; });
    return {Sent::How::sent, key, 0, ""};
}

Sent Mail::send(const Outgoing& message) {
    return post(message.spot, message.text, message.key, message.label);
}

Sent Mail::ask(const Card& card) {
    const std::string text = fmt::format(
        "An approval is needed:\n\n{}\n\nValid until {} UTC, decision {}\n{}\n"
        "To approve, answer with this line alone at the top:\n{}\n\nTo deny:\n{}",
        shortened(card.text, card_bytes_max), base::format_time(card.expiry_ms).substr(11, 5),
        card.decision, card.who.empty() ? "" : "May approve: " + card.who + "\n", card.approve,
        card.deny);
    return post(card.spot, text, "card " + card.approve, card.label);
}

// A mail cannot be changed, so another one tells.
Result<> Mail::settle(const Posted& card, const std::string& text) {
    const Sent sent =
        post(card.spot, shortened(text, card_bytes_max), "settled " + card.id, card.label);
    return sent.how == Sent::How::sent ? Result<>() : Result<>(fail(Code::io, sent.what));
}

void Mail::whisper(const Spot& spot, const Account& account, const std::string& text) {
    const bool same = spot.conversation == account.user;
    const Spot to = same ? spot : Spot{account.user, ""};
    static_cast<void>(
        post(to, text, fmt::format("whisper {}", clock_.wall_ms()), flow::Label::nothing()));
}

}  // namespace hs::channels
