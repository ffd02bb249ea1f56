#include "gate/channel_setting.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/url.h"

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;

namespace {

struct Kind {
    std::string_view name;
    std::string_view url;     // where its web API is, unless another is named
    std::string_view domain;  // below which its streams lie
};

constexpr Kind kinds[] = {
    {"slack", "https://slack.com/api", "slack.com"},
    {"telegram", "https://api.telegram.org", ""},
    {"discord", "https://discord.com/api/v10", "discord.gg"},
};

const Kind* kind_of(std::string_view name) {
    const auto* found = std::find_if(std::begin(kinds), std::end(kinds),
                                     [&](const Kind& kind) { return kind.name == name; });
    return found == std::end(kinds) ? nullptr : found;
}

const std::vector<SettingRow> rows{
    {"channel.*.kind", SettingType::text, "\"\"",
     "The platform: slack, telegram or discord (docs/channels)."},
    {"channel.*.enabled", SettingType::boolean, "true", "Whether it is served."},
    {"channel.*.url", SettingType::text, "\"\"",
     "Base address of its web API; empty: the platform's own."},
    {"channel.*.credential", SettingType::text, "\"\"",
     "Name of the secret that holds its token (hardshell secret set NAME)."},
    {"channel.*.app_credential", SettingType::text, "\"\"",
     "Name of the second secret: Slack's app-level token; Discord's token once more, for its "
     "gateway."},
    {"channel.*.tenant", SettingType::text, "\"\"",
     "The only organisation whose members are heard, such as Slack's team id; empty: any."},
    {"channel.*.project", SettingType::text, "\"\"",
     "Folder in which its conversations work; empty: they use no tools on files or commands."},
    {"channel.*.approvals", SettingType::boolean, "false",
     "Whether approvals may be answered on this channel by whoever policy lets approve."},
    {"channel.*.approval_conversation", SettingType::text, "\"\"",
     "A conversation of this channel in which every approval that a channel asks for is shown."},
    {"channel.*.mention", SettingType::boolean, "true",
     "In groups, hear only messages that name the assistant."},
    {"channel.*.messages_per_minute", SettingType::integer, "30",
     "How many messages of one person are taken in a minute.", 1, 1'000'000},
};

Result<ChannelSetting> read_one(const Settings& settings, const std::string& name) {
    const std::string at = "channel." + name + ".";
    ChannelSetting one;
    one.name = name;
    one.kind = settings.text(at + "kind");
    const Kind* kind = kind_of(one.kind);
    if (kind == nullptr) {
        return fail(Code::invalid_input,
                    fmt::format("{}kind must be slack, telegram or discord, not "
                                "\"{}\"",
                                at, one.kind));
    }
    one.is_enabled = settings.boolean(at + "enabled");
    one.url = settings.text(at + "url");
    if (one.url.empty()) one.url = kind->url;
    if (!one.url.empty()) {
        while (one.url.ends_with('/')) one.url.pop_back();
        TRY(wire::parse_url(one.url));
    }
    one.credential = settings.text(at + "credential");
    one.app_credential = settings.text(at + "app_credential");
    one.tenant = settings.text(at + "tenant");
    one.project = settings.text(at + "project");
    one.takes_approvals = settings.boolean(at + "approvals");
    one.approval_conversation = settings.text(at + "approval_conversation");
    one.needs_mention = settings.boolean(at + "mention");
    one.messages_per_minute = settings.integer(at + "messages_per_minute");
    return one;
}

}  // namespace

const std::vector<SettingRow>& channel_setting_rows() {
    return rows;
}

Result<std::vector<ChannelSetting>> channel_settings(const Settings& settings) {
    std::vector<ChannelSetting> all;
    for (const auto& name : settings.names("channel")) all.push_back(TRY(read_one(settings, name)));
    return all;
}

Result<ChannelSecret> channel_secret(const ChannelSetting& channel, std::string_view setting,
                                     SendMessage::Carrier carrier) {
    const bool is_app = setting == "app_credential";
    if (!is_app && setting != "credential") {
        return fail(Code::denied, "a channel has no such credential");
    }
    ChannelSecret secret{is_app ? channel.app_credential : channel.credential, "Authorization",
                         "Bearer "};
    if (secret.name.empty()) {
        return fail(Code::not_found, fmt::format("channel.{}.{} names no secret; see: hardshell "
                                                 "channel add {}",
                                                 channel.name, setting, channel.kind));
    }
    using Carrier = SendMessage::Carrier;
    if (channel.kind == "slack" && carrier == Carrier::http) return secret;
    if (channel.kind == "telegram" && !is_app && carrier == Carrier::http) {
        return ChannelSecret{secret.name, "(path)", ""};
    }
    if (channel.kind == "discord" && is_app == (carrier == Carrier::websocket)) {
        return is_app ? ChannelSecret{secret.name, "(message)", ""}
                      : ChannelSecret{secret.name, "Authorization", "Bot "};
    }
    return fail(Code::denied, "that credential of the channel is not for such a connection");
}

bool may_reach(const ChannelSetting& channel, SendMessage::Carrier carrier, std::string_view host) {
    const auto url = wire::parse_url(channel.url);
    if (!url) return false;
    if (host == url->host) return true;
    const Kind* kind = kind_of(channel.kind);
    const bool own = kind != nullptr && channel.url == kind->url;
    return own && carrier == SendMessage::Carrier::websocket && !kind->domain.empty() &&
           host.ends_with("." + std::string(kind->domain));
}

std::string channel_of_origin(std::string_view origin) {
    return std::string(origin.substr(0, origin.find('/')));
}

}  // namespace hs::gate
