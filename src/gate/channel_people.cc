#include "gate/channel_people.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "os/file.h"

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t file_bytes_max = std::size_t{8} << 20U;
constexpr std::size_t id_bytes_max = 128;

bool is_id(std::string_view text) {
    return text.size() <= id_bytes_max && std::all_of(text.begin(), text.end(), [](char c) {
               return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
           });
}

Result<BoundAccount> bound_from_json(const Json& json) {
    BoundAccount bound;
    bound.account = TRY(account_from_json(json));
    bound.person = TRY(wire::text_at(json, "person"));
    bound.since_ms = TRY(wire::integer_at(json, "since_ms"));
    return bound;
}

}  // namespace

std::string readable_code(base::Random& random, std::size_t letters) {
    constexpr std::string_view alphabet = "abcdefghjkmnpqrstuvwxyz23456789a";  // 32, one twice
    std::string code;
    std::vector<std::uint8_t> bytes(letters);
    random.fill(bytes);
    for (const std::uint8_t byte : bytes) code += alphabet[byte % alphabet.size()];
    return code;
}

Result<ChannelAccount> account_from_json(const Json& json) {
    ChannelAccount account{TRY(wire::text_at(json, "channel")), TRY(wire::text_at(json, "tenant")),
                           TRY(wire::text_at(json, "user"))};
    if (!is_id(account.channel) || !is_id(account.tenant) || !is_id(account.user) ||
        account.user.empty()) {
        return fail(Code::invalid_input, "an account's ids are short printable text");
    }
    return account;
}

JsonObject to_json(const ChannelAccount& account) {
    return {{"channel", account.channel}, {"tenant", account.tenant}, {"user", account.user}};
}

std::string describe(const ChannelAccount& account) {
    return account.tenant.empty()
               ? fmt::format("{} user {}", account.channel, account.user)
               : fmt::format("{} user {} of {}", account.channel, account.user, account.tenant);
}

Result<ChannelPeople> ChannelPeople::open(std::string file, const base::Clock& clock,
                                          base::Random& random) {
    ChannelPeople people(std::move(file), clock, random);
    const auto text = os::read_text(people.file_, file_bytes_max);
    if (!text && text.error().code == Code::not_found) return people;
    const Json json = TRY(wire::parse_json(TRY(text)));
    for (const Json& item : *TRY(wire::array_at(json, "accounts"))) {
        people.bound_.push_back(TRY(bound_from_json(item)));
    }
    return people;
}

std::optional<std::string> ChannelPeople::person_of(const ChannelAccount& account) const {
    for (const BoundAccount& bound : bound_) {
        if (bound.account == account) return bound.person;
    }
    return std::nullopt;
}

Result<> ChannelPeople::keep(std::vector<BoundAccount> bound) {
    Json list{wire::JsonArray{}};
    for (const BoundAccount& one : bound) {
        JsonObject item = to_json(one.account);
        item["person"] = one.person;
        item["since_ms"] = one.since_ms;
        list.push(std::move(item));
    }
    const Json whole = JsonObject{{"accounts", std::move(list)}};
    TRY(os::write_file_atomic(file_, base::bytes_of(wire::pretty_json(whole))));
    bound_ = std::move(bound);
    return {};
}

void ChannelPeople::forget_old() {
    const base::WallTime_ms now_ms = clock_->wall_ms();
    std::erase_if(pending_, [&](const Pending& one) { return one.until_ms <= now_ms; });
    std::erase_if(strangers_,
                  [&](const Stranger& one) { return one.at_ms + notice_again_ms <= now_ms; });
}

Result<std::string> ChannelPeople::code_for(const ChannelAccount& account) {
    forget_old();
    if (person_of(account)) return fail(Code::conflict, "this account is bound already");
    for (const Pending& one : pending_) {
        if (one.account == account) return one.code;
    }
    if (pending_.size() >= pending_max) {
        return fail(Code::exhausted, "too many accounts ask to be bound; try again later");
    }
    const std::string code = readable_code(*random_, 4) + "-" + readable_code(*random_, 4);
    pending_.push_back({account, code, clock_->wall_ms() + code_life_ms});
    return code;
}

Result<BoundAccount> ChannelPeople::bind(const std::string& code, const std::string& person) {
    forget_old();
    const auto found = std::find_if(pending_.begin(), pending_.end(),
                                    [&](const Pending& one) { return one.code == code; });
    if (found == pending_.end()) {
        return fail(Code::not_found,
                    "no account waits with this code; write \"pair\" to the assistant on the "
                    "platform for a fresh one");
    }
    const BoundAccount fresh{found->account, person, clock_->wall_ms()};
    pending_.erase(found);
    std::vector<BoundAccount> bound = bound_;
    if (bound.size() >= bound_max) return fail(Code::exhausted, "too many accounts are bound");
    bound.push_back(fresh);
    TRY(keep(std::move(bound)));
    return fresh;
}

Result<> ChannelPeople::unbind(const ChannelAccount& account) {
    std::vector<BoundAccount> bound = bound_;
    if (std::erase_if(bound, [&](const auto& one) { return one.account == account; }) == 0) {
        return fail(Code::not_found, "no such account is bound; see: hardshell channel list");
    }
    return keep(std::move(bound));
}

bool ChannelPeople::note_stranger(const ChannelAccount& account) {
    forget_old();
    for (const Stranger& one : strangers_) {
        if (one.account == account) return false;
    }
    // A flood of new accounts must not become a flood of notices.
    if (strangers_.size() >= strangers_max) return false;
    strangers_.push_back({account, clock_->wall_ms()});
    return true;
}

Json ChannelPeople::waiting() const {
    Json list{wire::JsonArray{}};
    for (const Stranger& one : strangers_) {
        if (person_of(one.account)) continue;
        JsonObject item = to_json(one.account);
        item["at"] = base::format_time(one.at_ms);
        item["asks"] = std::any_of(pending_.begin(), pending_.end(),
                                   [&](const Pending& p) { return p.account == one.account; });
        list.push(std::move(item));
    }
    return list;
}

}  // namespace hs::gate
