#include "models/redacting_provider.h"

#include "gate/action.h"

namespace hs::models {

namespace {

// Values of a whole JSON text: strings are changed, keys stay.
template <class Change>
void change_strings(wire::Json& json, Change&& change) {
    if (const std::string* text = json.text()) {
        json = wire::Json(change(*text));
    } else if (wire::JsonArray* array = json.array()) {
        for (wire::Json& item : *array) change_strings(item, change);
    } else if (wire::JsonObject* object = json.object()) {
        for (auto& [key, value] : *object) change_strings(value, change);
    }
}

// Thoughts stay as they are: their signature covers every byte.
template <class Change>
void change_part(Part& part, Change&& change) {
    if (auto* text = std::get_if<TextPart>(&part)) text->text = change(text->text);
    if (auto* call = std::get_if<ToolCallPart>(&part)) {
        change_strings(call->arguments, change);
        call->raw = change(call->raw);
    }
    if (auto* result = std::get_if<ToolResultPart>(&part))
        result->content = change(result->content);
}

template <class Change>
void change_message(Message& message, Change&& change) {
    for (Part& part : message.parts) change_part(part, change);
}

bool needs_change(const ChatRequest& request, const detect::RedactionWanted& wanted) {
    bool found = detect::Redaction::touches(request.system, wanted);
    for (const Message& message : request.messages) {
        if (found) return true;
        Message copy = message;
        change_message(copy, [&](const std::string& text) {
            found = found || detect::Redaction::touches(text, wanted);
            return text;
        });
    }
    return found;
}

// Text with its values again; everything else passes.
class RestoringSink : public EventSink {
  public:
    RestoringSink(EventSink& below, const detect::Redaction& redaction)
        : below_(below), stream_(redaction) {}

    void on_event(const ChatEvent& event) override {
        if (const auto* text = std::get_if<TextDelta>(&event)) {
            if (text->part != part_) flush();
            part_ = text->part;
            tell(stream_.feed(text->text));
            return;
        }
        // Fragments of arguments pass as they are: nobody is shown them, and the call's arguments
        // get their values when they are whole.
        if (!std::holds_alternative<UsageSeen>(event)) flush();
        below_.on_event(event);
    }
    void flush() { tell(stream_.finish()); }

  private:
    void tell(const std::string& text) {
        if (!text.empty()) below_.on_event(TextDelta{part_, text});
    }

    EventSink& below_;
    detect::StreamRestore stream_;
    std::size_t part_ = 0;
};

// Replaces in one text and counts what was replaced there.
class Replacing {
  public:
    Replacing(detect::Redaction& redaction, const detect::RedactionWanted& wanted, Redacted& told)
        : redaction_(redaction), wanted_(wanted), told_(told) {}

    void at(int message, int part) { place_ = {message, part, {}, 0, 0}; }
    std::string operator()(const std::string& text) {
        detect::Replacements replaced;
        std::string changed = redaction_.redact(text, wanted_, &replaced);
        told_.secrets_replaced += replaced.secrets;
        told_.personal_replaced += replaced.personal;
        if (!replaced.kinds.empty()) {
            place_.kinds = std::move(replaced.kinds);
            place_.secrets = replaced.secrets;
            place_.personal = replaced.personal;
            told_.places.push_back(place_);
        }
        return changed;
    }

  private:
    detect::Redaction& redaction_;
    const detect::RedactionWanted& wanted_;
    Redacted& told_;
    Replaced place_;
};

}  // namespace

std::shared_ptr<RedactingProvider::Held> RedactingProvider::held_for(const std::string& session) {
    return sessions_.with([&](auto& sessions) {
        for (auto at = sessions.begin(); at != sessions.end(); ++at) {
            if ((*at)->session != session) continue;
            sessions.splice(sessions.begin(), sessions, at);
            return sessions.front();
        }
        auto made = std::make_shared<Held>();
        made->session = session;
        sessions.push_front(made);
        if (sessions.size() > sessions_max) sessions.pop_back();
        return made;
    });
}

Reply RedactingProvider::complete(const ChatRequest& request, EventSink& sink, const Stop& stop) {
    const bool before = personal_.load();
    bool asked_personal = false;
    Reply reply = attempt(request, sink, stop, asked_personal);
    // The transport says so, and sends nothing, when policy obliges to more than what was done.
    if (!asked_personal || before) return reply;
    personal_ = true;
    return attempt(request, sink, stop, asked_personal);
}

Reply RedactingProvider::attempt(const ChatRequest& request, EventSink& sink, const Stop& stop,
                                 bool& asked_personal) {
    const detect::RedactionWanted wanted{true, personal_.load()};
    ChatRequest changed = request;
    changed.redacted = {true, wanted.personal, &asked_personal};
    if (!needs_change(request, wanted)) return provider_->complete(changed, sink, stop);
    const auto held = held_for(request.caller != nullptr ? request.caller->session : "");
    const std::scoped_lock lock(held->lock);
    Replacing redact(held->redaction, wanted, changed.redacted);
    redact.at(-1, -1);
    changed.system = redact(request.system);
    std::vector<Message> messages = request.messages.all();
    for (std::size_t i = 0; i < messages.size(); ++i) {
        for (std::size_t j = 0; j < messages[i].parts.size(); ++j) {
            redact.at(static_cast<int>(i), static_cast<int>(j));
            change_part(messages[i].parts[j], redact);
        }
    }
    changed.messages = std::move(messages);
    RestoringSink restoring(sink, held->redaction);
    Reply reply = provider_->complete(changed, restoring, stop);
    restoring.flush();
    change_message(reply.answer.message,
                   [&](const std::string& text) { return held->redaction.restore(text); });
    return reply;
}

}  // namespace hs::models
