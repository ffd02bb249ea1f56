// Attestation: what a person has answered on a chat platform, as egress itself has read it from the
// platform's connection.
//
// What it is for: an approval in chat. hardshelld may show what it likes, but the answer reaches
// the keeper from the process that holds the TLS connection to the platform, with the platform's
// own word on who clicked. Answers are opaque single-use ids that begin with "hsa-": the value of a
// button, or the whole text of a message, there with a code of the person's authenticator or not.
// What it does not protect from: a false card. What a person clicks on was shown by hardshelld.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/json.h"

namespace hs::egress {

class KeeperLink;

inline constexpr std::string_view answer_mark = "hsa-";
inline constexpr std::size_t attested_bytes_max = std::size_t{1} << 20U;
inline constexpr std::size_t attested_max = 100;

struct Attested {
    std::string platform;   // "slack", "discord", "telegram", …: by the form of the message
    std::string tenant;     // Slack's team; empty where ids are the platform's own
    std::string user;       // the platform's stable id
    std::string answer;     // "hsa-" and 16 letters and digits
    std::string code = {};  // six digits that stood behind it, for the keeper alone
    bool operator==(const Attested&) const = default;
};

// What a message of a platform attests; nothing for whatever has another form. Slack: block_actions
// and messages in Socket Mode envelopes. Discord: INTERACTION_CREATE and MESSAGE_CREATE. Telegram:
// callback_query and message of getUpdates. WhatsApp: a pressed button or a text of its webhook. A
// webhook of the person's own: {"type": "message", "data": {tenant?, user, text}}.
std::vector<Attested> attested_in(std::string_view message);

// The same of a mail whose sender is proven, by the first line of what they wrote.
std::vector<Attested> attested_in_mail(const std::string& from, std::string_view text);

// Tells the keeper, under the decision whose connection it came on.
void attest(KeeperLink& keeper, const std::string& decision, const std::vector<Attested>& answers);
void attest(KeeperLink& keeper, const std::string& decision, std::string_view message);

}  // namespace hs::egress
