// ChannelSetting: one [channel.NAME] of config.toml: a chat platform.
//
// What it is for: hardshelld and the keeper read the same table, and the keeper alone says from it
// which host a channel may reach and which secret goes where.
// What it does not protect from: a person who names a host that is not the platform's.
// Threads: values and pure functions.
#pragma once

#include "base/bytes.h"
#include "flow/label.h"
#include "gate/action.h"
#include "gate/settings.h"

namespace hs::gate {

// A conversation of more people than one: what is said there is of this class, and nothing above
// its level is said there.
struct ChannelGroup {
    std::string conversation;  // the platform's id; "*": every one that is not named
    flow::DataClass data_class = flow::DataClass::internal;
    bool is_external = false;  // people outside of the organisation read it
    bool operator==(const ChannelGroup&) const = default;
};

struct ChannelSetting {
    std::string name;
    std::string kind;  // "slack", "telegram", "discord", "whatsapp", "mail", "webhook"
    bool is_enabled = true;
    std::string url;             // base address of the platform's web API
    std::string credential;      // name of the secret that holds its token
    std::string app_credential;  // a second one: Slack's app token, Discord's gateway, what signs
    std::string account;  // ours at the platform: WhatsApp's phone number id, our mail address
    std::string imap;     // mail_server() reads both
    std::string smtp;
    std::uint16_t listen_port = 0;  // on 127.0.0.1, for what is delivered to us; 0: nothing listens
    std::string tenant;             // the only one whose members are heard; empty: any
    std::string project;            // folder in which its conversations work
    bool takes_approvals = false;
    std::string approval_conversation;  // where cards are shown as well
    bool needs_mention = true;          // in groups
    std::int64_t messages_per_minute = 30;
    std::vector<ChannelGroup> groups;
    bool operator==(const ChannelSetting&) const = default;
};

const std::vector<SettingRow>& channel_setting_rows();
// "C012 internal" or "C013 public external".
base::Result<ChannelGroup> channel_group(std::string_view text);
// The group that the conversation is; null where nothing is said of it.
const ChannelGroup* group_of(const ChannelSetting& channel, std::string_view conversation);
// In the order of their names. invalid_input names the setting that is wrong.
base::Result<std::vector<ChannelSetting>> channel_settings(const Settings& settings);

// How a channel's secret is placed at a host.
struct ChannelSecret {
    std::string name;
    std::string header;  // a field's name, or a form of egress/placement.h
    std::string prefix;
};
// For the setting "credential" or "app_credential"; denied where the kind has no such use.
base::Result<ChannelSecret> channel_secret(const ChannelSetting& channel, std::string_view setting,
                                           SendMessage::Carrier carrier);
// Whether the channel may reach that host: the one of its address, or for streams one below the
// platform's own domain.
bool may_reach(const ChannelSetting& channel, SendMessage::Carrier carrier, std::string_view host);

// Where a channel's listener is, on listen_port.
inline constexpr std::string_view listen_host = "127.0.0.1";
// The path at which it takes requests: "/NAME".
std::string listen_target(const ChannelSetting& channel);
// Whether the kind is delivered to us, so that it needs a listener.
bool needs_listener(const ChannelSetting& channel);
// What Meta must be told as the verify token of a subscription, made from the app's secret so that
// there is no third one to keep.
std::string verify_token(base::ByteView app_secret);
// The hosts at which a channel's secret is used on such connections; invalid_input without one.
base::Result<std::vector<std::string>> hosts_of(const ChannelSetting& channel,
                                                SendMessage::Carrier carrier);

// A mail server: imaps://HOST[:993], smtps://HOST[:465] (RFC 8314), or without TLS, imap:// and
// smtp://, on this machine alone.
struct MailServer {
    std::string host;  // canonical
    std::uint16_t port = 0;
    bool is_tls = true;
    bool operator==(const MailServer&) const = default;
};
enum class MailProtocol : std::uint8_t { imap, smtp };
base::Result<MailServer> mail_server(const ChannelSetting& channel, MailProtocol protocol);
// "/bot@firm.example": the address that a mail comes to or goes to, as an action's target.
std::string letter_target(std::string_view address);

// "slack/C012" is in the channel "slack".
std::string channel_of_origin(std::string_view origin);

}  // namespace hs::gate
