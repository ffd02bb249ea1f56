#include "egress/letter_check.h"

#include "egress/attest.h"
#include "egress/frames.h"
#include "egress/walls.h"
#include "mail/receipt.h"
#include "mail/text.h"
#include "wire/json.h"

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::int64_t take_ms = 15'000;

// What the mail says of itself: what is believed where the wall is taken away.
Result<mail::Receipt> claimed(const mail::Letter& letter) {
    mail::Receipt receipt;
    receipt.from = TRY(mail::only_address(TRY(mail::only_field(letter, "from")).value));
    const auto ids = mail::message_ids_in(TRY(mail::only_field(letter, "message-id")).value);
    if (!ids.empty()) receipt.message_id = ids.front();
    return receipt;
}

}  // namespace

std::variant<std::string, Trouble> take_letter(os::Channel& requester, const Envelope& envelope,
                                               const os::WakeUp& stop) {
    const os::Deadline until = os::Deadline::after_ms(take_ms);
    std::string text;
    while (text.size() < envelope.body_bytes_max) {
        const auto frame = requester.receive(until, &stop);
        if (!frame) return trouble_of(frame.error(), Reason::request_broken);
        const bool fits = frame->kind == static_cast<std::uint16_t>(MessageFrameKind::bytes) &&
                          text.size() + frame->payload.size() <= envelope.body_bytes_max;
        if (!fits) return Trouble{Reason::request_refused, "the mail is not the one it was to be"};
        text += base::text_of(frame->payload);
    }
    if (!envelope.body_sha256 || crypto::sha256(base::bytes_of(text)) != *envelope.body_sha256) {
        return Trouble{Reason::request_broken, "the mail is not the one it was to be"};
    }
    return text;
}

std::variant<std::string, Trouble> LetterCheck::run(const os::WakeUp& stop) {
    const auto taken = take_letter(parts_.requester, parts_.envelope, stop);
    if (const auto* bad = std::get_if<Trouble>(&taken)) return *bad;
    const auto letter = mail::read_letter(std::get<std::string>(taken));
    if (!letter) return Trouble{Reason::response_refused, letter.error().what};
    bool unanswered = false;
    const os::Deadline until = os::Deadline::after_ms(lookups_ms);
    const auto key_of = [&](const std::string& name) -> Result<std::string> {
        if (!name.ends_with("._domainkey." + parts_.envelope.host)) {
            return fail(Code::denied, "the mail is of another domain than was asked for");
        }
        const auto texts = parts_.resolver.texts(name, until, &stop);
        unanswered = unanswered || (!texts && texts.error().code != Code::not_found);
        if (!texts) return texts.failure();
        if (texts->size() != 1) return fail(Code::denied, "the name has more than one key record");
        return texts->front();
    };
    const auto receipt = stands(Wall::sender)
                             ? mail::check_receipt(*letter, parts_.envelope.target.substr(1),
                                                   key_of, parts_.clock.wall_ms() / 1'000)
                             : claimed(*letter);
    if (!receipt && unanswered) {
        return Trouble{Reason::name_failed, "no name server answered for the sender's key"};
    }
    if (!receipt) return Trouble{Reason::response_refused, receipt.error().what};
    const auto words = mail::text_of(*letter);
    if (words && !words->is_passed_on) {
        attest(parts_.keeper, parts_.envelope.decision,
               attested_in_mail(receipt->from, words->text));
    }
    return wire::canonical_json(wire::JsonObject{
        {"from", receipt->from}, {"message_id", receipt->message_id}, {"date_s", receipt->date_s}});
}

}  // namespace hs::egress
