#include "gate/channel_setting.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "crypto/mac.h"
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
    {"whatsapp", "https://graph.facebook.com/v23.0", ""},
    {"mail", "", ""},
    {"webhook", "", ""},
};
constexpr std::string_view kind_words = "slack, telegram, discord, whatsapp, mail or webhook";

const Kind* kind_of(std::string_view name) {
    const auto* found = std::find_if(std::begin(kinds), std::end(kinds),
                                     [&](const Kind& kind) { return kind.name == name; });
    return found == std::end(kinds) ? nullptr : found;
}

const std::vector<SettingRow> rows{
    {"channel.*.kind", SettingType::text, "\"\"",
     "The platform: slack, telegram, discord, whatsapp, mail or webhook (docs/channels)."},
    {"channel.*.enabled", SettingType::boolean, "true", "Whether it is served."},
    {"channel.*.url", SettingType::text, "\"\"",
     "Base address of its web API; empty: the platform's own."},
    {"channel.*.credential", SettingType::text, "\"\"",
     "Name of the secret that holds its token (hardshell secret set NAME)."},
    {"channel.*.app_credential", SettingType::text, "\"\"",
     "Name of the second secret: Slack's app-level token; Discord's token once more, for its "
     "gateway; what signs requests to us (WhatsApp's app secret, a webhook's secret)."},
    {"channel.*.account", SettingType::text, "\"\"",
     "Whatsapp: the id of the phone number that is ours. Mail: our address, with which we log in."},
    {"channel.*.imap", SettingType::text, "\"\"",
     "Mail: where the mailbox is, imaps://HOST or imaps://HOST:PORT."},
    {"channel.*.smtp", SettingType::text, "\"\"",
     "Mail: where mail is handed in, smtps://HOST or smtps://HOST:PORT."},
    {"channel.*.listen_port", SettingType::integer, "0",
     "Whatsapp and webhook: the port on 127.0.0.1 at which signed requests are taken, behind a "
     "tunnel or reverse proxy of yours; 0: nothing listens.",
     0, 65'535},
    {"channel.*.tenant", SettingType::text, "\"\"",
     "The only organisation whose members are heard: Slack's team id, a mail domain; empty: any."},
    {"channel.*.project", SettingType::text, "\"\"",
     "Folder in which its conversations work; empty: they use no tools on files or commands."},
    {"channel.*.approvals", SettingType::boolean, "false",
     "Whether approvals may be answered on this channel by whoever policy lets approve."},
    {"channel.*.approval_conversation", SettingType::text, "\"\"",
     "A conversation of this channel in which every approval that a channel asks for is shown."},
    {"channel.*.mention", SettingType::boolean, "true",
     "In groups, hear only messages that name the assistant."},
    {"channel.*.groups", SettingType::text_list, "[]",
     "What conversations of more people than one are for: \"C012 internal\", \"C013 public "
     "external\"; "
     "\"*\" is every one that is not named. What is said there is of that data class, and nothing "
     "above it is said there."},
    {"channel.*.messages_per_minute", SettingType::integer, "30",
     "How many messages of one person are taken in a minute.", 1, 1'000'000},
};

// One plain address: it stands in commands to the servers.
bool is_mail_address(std::string_view text) {
    constexpr std::size_t bytes_max = 64;
    const std::size_t at = text.find('@');
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._+-@").contains(c);
    };
    return text.size() <= bytes_max && at != std::string_view::npos && at > 0 &&
           at + 1 < text.size() && text.find('@', at + 1) == std::string_view::npos &&
           std::all_of(text.begin(), text.end(), plain);
}

Result<> check_mail(const ChannelSetting& one, const std::string& at) {
    if (!is_mail_address(one.account)) {
        return fail(Code::invalid_input,
                    fmt::format("{}account must be our address, such as bot@firm.example", at));
    }
    for (const auto protocol : {MailProtocol::imap, MailProtocol::smtp}) {
        const auto server = mail_server(one, protocol);
        if (!server) return fail(Code::invalid_input, at + server.error().what);
    }
    return {};
}

Result<ChannelSetting> read_one(const Settings& settings, const std::string& name) {
    const std::string at = "channel." + name + ".";
    ChannelSetting one;
    one.name = name;
    one.kind = settings.text(at + "kind");
    const Kind* kind = kind_of(one.kind);
    if (kind == nullptr) {
        return fail(Code::invalid_input,
                    fmt::format("{}kind must be {}, not \"{}\"", at, kind_words, one.kind));
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
    one.account = settings.text(at + "account");
    one.listen_port = static_cast<std::uint16_t>(settings.integer(at + "listen_port"));
    if (one.listen_port != 0 && !needs_listener(one)) {
        return fail(Code::invalid_input,
                    fmt::format("{}listen_port is for whatsapp and webhook alone", at));
    }
    const bool is_number =
        !one.account.empty() && one.account.find_first_not_of("0123456789") == std::string::npos;
    if (one.kind == "whatsapp" && !is_number) {
        return fail(Code::invalid_input,
                    fmt::format("{}account must be the phone number's id, digits alone", at));
    }
    one.imap = settings.text(at + "imap");
    one.smtp = settings.text(at + "smtp");
    if (one.kind == "mail") TRY(check_mail(one, at));
    one.tenant = settings.text(at + "tenant");
    one.project = settings.text(at + "project");
    one.takes_approvals = settings.boolean(at + "approvals");
    one.approval_conversation = settings.text(at + "approval_conversation");
    one.needs_mention = settings.boolean(at + "mention");
    one.messages_per_minute = settings.integer(at + "messages_per_minute");
    for (const auto& text : settings.texts(at + "groups")) {
        const auto group = channel_group(text);
        if (!group) return fail(Code::invalid_input, at + "groups: " + group.error().what);
        one.groups.push_back(*group);
    }
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

Result<ChannelGroup> channel_group(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        if (end > 0) words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    const auto data_class = words.size() >= 2 ? flow::data_class_from_name(words[1]) : std::nullopt;
    const bool is_external = words.size() == 3 && words[2] == "external";
    if (!data_class || (words.size() != 2 && !is_external)) {
        return fail(Code::invalid_input,
                    "expected a conversation's id, a data class (public, internal, source_code, "
                    "confidential, …) and, where outsiders read it, the word external: \"C012 "
                    "internal\"");
    }
    return ChannelGroup{words[0], *data_class, is_external};
}

const ChannelGroup* group_of(const ChannelSetting& channel, std::string_view conversation) {
    const ChannelGroup* all = nullptr;
    for (const ChannelGroup& group : channel.groups) {
        if (group.conversation == conversation) return &group;
        if (group.conversation == "*") all = &group;
    }
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
    if (channel.kind == "mail" && !is_app &&
        (carrier == Carrier::lines || carrier == Carrier::submit)) {
        return ChannelSecret{secret.name, "(sasl-plain)", channel.account};
    }
    if (channel.kind == "slack" && carrier == Carrier::http) return secret;
    if (channel.kind == "telegram" && !is_app && carrier == Carrier::http) {
        return ChannelSecret{secret.name, "(path)", ""};
    }
    if (channel.kind == "discord" && is_app == (carrier == Carrier::websocket)) {
        return is_app ? ChannelSecret{secret.name, "(message)", ""}
                      : ChannelSecret{secret.name, "Authorization", "Bot "};
    }
    if (channel.kind == "whatsapp" || channel.kind == "webhook") {
        const bool hub = channel.kind == "whatsapp";
        if (!is_app && carrier == Carrier::http) return secret;
        if (is_app && carrier == Carrier::listen) {
            return ChannelSecret{secret.name, hub ? "(hub-signature)" : "(webhook-signature)", ""};
        }
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

std::string listen_target(const ChannelSetting& channel) {
    return "/" + wire::escape_url_component(channel.name);
}

bool needs_listener(const ChannelSetting& channel) {
    return channel.kind == "whatsapp" || channel.kind == "webhook";
}

std::string verify_token(base::ByteView app_secret) {
    constexpr std::size_t digits = 32;
    const auto mac = crypto::hmac_sha256(app_secret, base::bytes_of("hardshell verify token"));
    return base::to_hex(mac).substr(0, digits);
}

Result<std::vector<std::string>> hosts_of(const ChannelSetting& channel,
                                          SendMessage::Carrier carrier) {
    if (carrier == SendMessage::Carrier::listen) return std::vector{std::string(listen_host)};
    if (channel.kind == "mail") {
        return std::vector{TRY(mail_server(channel, MailProtocol::imap)).host,
                           TRY(mail_server(channel, MailProtocol::smtp)).host};
    }
    return std::vector{TRY(wire::parse_url(channel.url)).host};
}

Result<MailServer> mail_server(const ChannelSetting& channel, MailProtocol protocol) {
    const bool is_imap = protocol == MailProtocol::imap;
    const std::string word = is_imap ? "imap" : "smtp";
    const std::string& text = is_imap ? channel.imap : channel.smtp;
    const auto wrong = [&](std::string_view what) {
        return fail(Code::invalid_input,
                    fmt::format("{0} must be {0}s://HOST or {0}s://HOST:PORT; {1}", word, what));
    };
    const std::size_t colon = text.find("://");
    const std::string scheme = text.substr(0, colon);
    if (colon == std::string::npos || (scheme != word && scheme != word + "s")) {
        return wrong(text.empty() ? "it is empty" : "it has another form");
    }
    const auto url = wire::parse_url("https" + text.substr(colon));
    if (!url || url->target() != "/") return wrong("the host is malformed");
    const bool is_tls = scheme == word + "s";
    if (!is_tls && url->host != "127.0.0.1" && url->host != "::1") {
        return wrong("without TLS only this machine's address is reached");
    }
    constexpr std::uint16_t tls_ports[] = {993, 465};
    const std::string rest = text.substr(colon + 3);
    const bool names_port = rest.rfind(':') != std::string::npos && !rest.ends_with(']');
    if (!names_port && !is_tls) return wrong("without TLS the port must be named");
    return MailServer{url->host, names_port ? url->port : tls_ports[is_imap ? 0 : 1], is_tls};
}

std::string letter_target(std::string_view address) {
    return "/" + std::string(address);
}

std::string channel_of_origin(std::string_view origin) {
    return std::string(origin.substr(0, origin.find('/')));
}

}  // namespace hs::gate
