#include "egress/attest.h"

#include <algorithm>

#include "egress/keeper_link.h"
#include "mail/words.h"

namespace hs::egress {

using wire::Json;

namespace {

constexpr std::size_t answer_bytes = 20;
constexpr std::size_t code_digits = 6;
constexpr std::size_t id_bytes_max = 128;

std::string text_in(const Json* json, std::string_view key) {
    const Json* member = json != nullptr ? json->find(key) : nullptr;
    return member != nullptr && member->text() != nullptr ? *member->text() : "";
}

const Json* in(const Json* json, std::string_view key) {
    return json != nullptr ? json->find(key) : nullptr;
}

const wire::JsonArray& list_in(const Json* json, std::string_view key) {
    static const wire::JsonArray none;
    const Json* member = in(json, key);
    return member != nullptr && member->array() != nullptr ? *member->array() : none;
}

bool is_true(const Json* json, std::string_view key) {
    const Json* member = in(json, key);
    return member != nullptr && member->boolean() != nullptr && *member->boolean();
}

bool is_answer(std::string_view text) {
    return text.size() == answer_bytes && text.starts_with(answer_mark) &&
           text.substr(answer_mark.size())
                   .find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") ==
               std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\n')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\n')) text.remove_suffix(1);
    return text;
}

class Collector {
  public:
    void slack(const Json& message) {
        const Json* payload = message.find("payload");
        const std::string type = text_in(&message, "type");
        if (type == "interactive" && text_in(payload, "type") == "block_actions") {
            const Json* user = in(payload, "user");
            const Json* actions = in(payload, "actions");
            if (actions == nullptr || actions->array() == nullptr) return;
            for (const Json& action : *actions->array()) {
                add("slack", text_in(user, "team_id"), text_in(user, "id"),
                    text_in(&action, "value"));
            }
        }
        const Json* event = in(payload, "event");
        const bool said = type == "events_api" && text_in(event, "type") == "message" &&
                          in(event, "subtype") == nullptr && in(event, "bot_id") == nullptr;
        if (!said) return;
        const std::string team = text_in(event, "user_team");
        add("slack", team.empty() ? text_in(event, "team") : team, text_in(event, "user"),
            text_in(event, "text"));
    }

    void discord(const Json& message) {
        const Json* data = message.find("d");
        const std::string type = text_in(&message, "t");
        if (type == "INTERACTION_CREATE") {
            const Json* member = in(in(data, "member"), "user");
            add("discord", "", text_in(member != nullptr ? member : in(data, "user"), "id"),
                text_in(in(data, "data"), "custom_id"));
        }
        const Json* author = in(data, "author");
        const bool said = type == "MESSAGE_CREATE" && !is_true(author, "bot") &&
                          in(data, "webhook_id") == nullptr;
        if (said) add("discord", "", text_in(author, "id"), text_in(data, "content"));
    }

    void telegram(const Json& update) {
        if (const Json* query = update.find("callback_query")) {
            add("telegram", "", number_in(in(query, "from")), text_in(query, "data"));
        }
        const Json* message = update.find("message");
        const Json* from = in(message, "from");
        if (from == nullptr || is_true(from, "is_bot")) return;
        add("telegram", "", number_in(from), text_in(message, "text"));
    }

    // entry[].changes[].value.messages[] of Meta's webhooks.
    void whatsapp(const Json& entry) {
        for (const Json& change : list_in(&entry, "changes")) {
            if (text_in(&change, "field") != "messages") continue;
            for (const Json& message : list_in(in(&change, "value"), "messages")) {
                const Json* reply = in(in(&message, "interactive"), "button_reply");
                add("whatsapp", "", text_in(&message, "from"),
                    reply != nullptr ? text_in(reply, "id")
                                     : text_in(in(&message, "text"), "body"));
            }
        }
    }

    // docs/channels/webhook.md.
    void webhook(const Json& data) {
        add("webhook", text_in(&data, "tenant"), text_in(&data, "user"), text_in(&data, "text"));
    }

    void mail(const std::string& from, std::string_view text) {
        text = trimmed(text);
        const std::string user = mail::lower_ascii(from);
        add("mail", user.substr(user.find('@') + 1), user, text.substr(0, text.find('\n')));
    }

    std::vector<Attested> take() { return std::move(found_); }

  private:
    static std::string number_in(const Json* person) {
        const Json* id = in(person, "id");
        return id != nullptr && id->integer() != nullptr ? std::to_string(*id->integer()) : "";
    }
    void add(std::string_view platform, std::string tenant, std::string user,
             std::string_view text) {
        text = trimmed(text);
        std::string code;
        if (text.size() == answer_bytes + 1 + code_digits && text[answer_bytes] == ' ' &&
            text.substr(answer_bytes + 1).find_first_not_of("0123456789") ==
                std::string_view::npos) {
            code = text.substr(answer_bytes + 1);
            text = text.substr(0, answer_bytes);
        }
        if (!is_answer(text) || user.empty() || user.size() > id_bytes_max ||
            tenant.size() > id_bytes_max || found_.size() >= attested_max) {
            return;
        }
        found_.push_back({std::string(platform), std::move(tenant), std::move(user),
                          std::string(text), std::move(code)});
    }
    std::vector<Attested> found_;
};

}  // namespace

std::vector<Attested> attested_in(std::string_view message) {
    if (message.size() > attested_bytes_max ||
        message.find(answer_mark) == std::string_view::npos) {
        return {};
    }
    const auto json = wire::parse_json(message);
    if (!json || json->object() == nullptr) return {};
    Collector found;
    if (json->find("envelope_id") != nullptr) {
        found.slack(*json);
    } else if (json->find("op") != nullptr) {
        found.discord(*json);
    } else if (const Json* updates = json->find("result"); updates && updates->array()) {
        for (const Json& update : *updates->array()) found.telegram(update);
    } else if (text_in(&*json, "object") == "whatsapp_business_account") {
        for (const Json& entry : list_in(&*json, "entry")) found.whatsapp(entry);
    } else if (const Json* data = json->find("data"); text_in(&*json, "type") == "message") {
        if (data != nullptr) found.webhook(*data);
    }
    return found.take();
}

std::vector<Attested> attested_in_mail(const std::string& from, std::string_view text) {
    Collector found;
    found.mail(from, text);
    return found.take();
}

void attest(KeeperLink& keeper, const std::string& decision, std::string_view message) {
    attest(keeper, decision, attested_in(message));
}

void attest(KeeperLink& keeper, const std::string& decision, const std::vector<Attested>& answers) {
    for (const Attested& answer : answers) {
        Json told = wire::JsonObject{{"decision", decision},
                                     {"platform", answer.platform},
                                     {"tenant", answer.tenant},
                                     {"user", answer.user},
                                     {"answer", answer.answer}};
        if (!answer.code.empty()) told["code"] = answer.code;
        keeper.tell_attested(told);
    }
}

}  // namespace hs::egress
