// What a webhook of WhatsApp's says.

#include <fmt/format.h>

#include <charconv>

#include "channels/look.h"
#include "channels/whatsapp.h"

namespace hs::channels {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::size_t text_bytes_max = std::size_t{3} << 20U;
constexpr std::size_t messages_max = 1'000;
constexpr std::size_t notes_max = 20;
// Meta repeats for up to seven days.
constexpr std::int64_t old_ms = std::int64_t{7} * 24 * 3600 * 1000;
constexpr std::int64_t ahead_ms = 5 * 60'000;

bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= 32 &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Seconds since 1970, as text.
std::int64_t time_ms(const std::string& text) {
    std::int64_t at_s = 0;
    if (text.size() > 12) return 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), at_s);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? at_s * 1'000 : 0;
}

class Reader {
  public:
    Reader(const std::string& account, base::WallTime_ms now_ms)
        : account_(account), now_ms_(now_ms) {}

    void change(const Json& change) {
        const std::string field = look_text(change, {"field"});
        if (field != "messages") return note("a change of the field " + field.substr(0, 64));
        const Json* value = look(change, {"value"});
        if (value == nullptr) return note("a change without a value");
        if (look_text(*value, {"metadata", "phone_number_id"}) != account_) {
            return note("a change of a phone number that is not ours");
        }
        for (const Json& message : look_list(*value, {"messages"})) this->message(message);
        for (const Json& status : look_list(*value, {"statuses"})) this->status(status);
    }

    WhatsAppNews take() { return std::move(news_); }

  private:
    void note(std::string what) {
        if (news_.notes.size() < notes_max) news_.notes.push_back(std::move(what));
    }

    void message(const Json& held) {
        Incoming made;
        made.id = look_text(held, {"id"});
        made.from.user = look_text(held, {"from"});
        if (made.id.empty() || made.id.size() > 256 || !is_number(made.from.user)) {
            return note("a message without an id or a sender");
        }
        const std::int64_t at_ms = time_ms(look_text(held, {"timestamp"}));
        if (at_ms < now_ms_ - old_ms || at_ms > now_ms_ + ahead_ms) {
            return note("a message that is a week old, or not yet written");
        }
        made.spot.conversation = made.from.user;
        made.is_direct = true;
        made.is_passed_on = look_true(held, {"context", "forwarded"}) ||
                            look_true(held, {"context", "frequently_forwarded"});
        if (!read_text(held, made)) return;
        if (news_.messages.size() < messages_max) news_.messages.push_back(std::move(made));
    }

    bool read_text(const Json& held, Incoming& made) {
        const std::string type = look_text(held, {"type"});
        if (type == "text") {
            made.text = look_text(held, {"text", "body"});
            return true;
        }
        if (type == "interactive") {
            made.text = look_text(held, {"interactive", "button_reply", "id"});
            return !made.text.empty();
        }
        for (const char* kind : {"image", "document", "audio", "video"}) {
            if (type != kind) continue;
            made.files = 1;
            made.text = look_text(held, {kind, "caption"});
            return true;
        }
        note("a message of the type " + type.substr(0, 64));
        return false;
    }

    void status(const Json& held) {
        const std::string key = look_text(held, {"biz_opaque_callback_data"});
        const std::string id = look_text(held, {"id"});
        if (look_text(held, {"status"}) == "failed") {
            for (const Json& error : look_list(held, {"errors"})) {
                note(fmt::format("that a message was not delivered: {} {}",
                                 look_number(error, {"code"}),
                                 look_text(error, {"title"}).substr(0, 100)));
            }
            return;
        }
        if (!key.empty() && key.size() <= 64 && !id.empty() && news_.seen.size() < messages_max) {
            news_.seen.emplace_back(key, id.substr(0, 256));
        }
    }

    const std::string& account_;
    const base::WallTime_ms now_ms_;
    WhatsAppNews news_;
};

}  // namespace

Result<WhatsAppNews> parse_whatsapp(std::string_view text, const std::string& account,
                                    base::WallTime_ms now_ms) {
    if (text.size() > text_bytes_max) return fail(Code::exhausted, "WhatsApp sent too much");
    const Json json = TRY(wire::parse_json(text));
    if (look_text(json, {"object"}) != "whatsapp_business_account") {
        return fail(Code::invalid_input, "this is no webhook of WhatsApp's");
    }
    Reader reader(account, now_ms);
    for (const Json& entry : look_list(json, {"entry"})) {
        for (const Json& change : look_list(entry, {"changes"})) reader.change(change);
    }
    return reader.take();
}

}  // namespace hs::channels
