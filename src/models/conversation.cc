#include "models/conversation.h"

namespace hs::models {
namespace {

bool is_blank(const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

// Parts that the role may hold, without empty text. Thinking alone says nothing to anybody.
Message kept_parts(const Message& message) {
    Message kept{message.role, {}, message.sequence};
    bool speaks = false;
    for (const Part& part : message.parts) {
        const auto* text = std::get_if<TextPart>(&part);
        const bool assistants = std::holds_alternative<ThinkingPart>(part) ||
                                std::holds_alternative<ToolCallPart>(part);
        const bool users = std::holds_alternative<ToolResultPart>(part);
        if (text != nullptr && is_blank(text->text)) continue;
        if (message.role == Role::user ? assistants : users) continue;
        speaks = speaks || !std::holds_alternative<ThinkingPart>(part);
        kept.parts.push_back(part);
    }
    if (!speaks) kept.parts.clear();
    return kept;
}

std::vector<Message> merged(const std::vector<Message>& messages) {
    std::vector<Message> out;
    for (const Message& message : messages) {
        Message kept = kept_parts(message);
        if (kept.parts.empty()) continue;
        if (!out.empty() && out.back().role == kept.role) {
            for (Part& part : kept.parts) out.back().parts.push_back(std::move(part));
            out.back().sequence = kept.sequence;
        } else {
            out.push_back(std::move(kept));
        }
    }
    return out;
}

std::vector<std::string> call_ids(const Message& message) {
    std::vector<std::string> ids;
    for (const Part& part : message.parts) {
        if (const auto* call = std::get_if<ToolCallPart>(&part)) ids.push_back(call->id);
    }
    return ids;
}

ToolResultPart result_for(const std::string& id, const Message& user) {
    for (const Part& part : user.parts) {
        const auto* result = std::get_if<ToolResultPart>(&part);
        if (result != nullptr && result->call_id == id) return *result;
    }
    return {id, std::string(missing_result_text), true};
}

// The results that `ids` ask for, then everything of `user` that is no result.
Message answered(const std::vector<std::string>& ids, const Message& user) {
    Message out{Role::user, {}, user.sequence};
    for (const std::string& id : ids) out.parts.emplace_back(result_for(id, user));
    for (const Part& part : user.parts) {
        if (!std::holds_alternative<ToolResultPart>(part)) out.parts.push_back(part);
    }
    return out;
}

// Whether kept_parts would keep all of it.
bool is_whole(const Message& message) {
    bool speaks = false;
    for (const Part& part : message.parts) {
        const auto* text = std::get_if<TextPart>(&part);
        const bool thinks = std::holds_alternative<ThinkingPart>(part);
        const bool assistants = thinks || std::holds_alternative<ToolCallPart>(part);
        const bool users = std::holds_alternative<ToolResultPart>(part);
        if (text != nullptr && is_blank(text->text)) return false;
        if (message.role == Role::user ? assistants : users) return false;
        speaks = speaks || !thinks;
    }
    return speaks;
}

// The user message begins with the results of exactly the calls before it, in their order.
bool answers(const Message& user, const Message* before) {
    std::size_t next = 0;
    if (before != nullptr) {
        for (const Part& part : before->parts) {
            const auto* call = std::get_if<ToolCallPart>(&part);
            if (call == nullptr) continue;
            if (next >= user.parts.size()) return false;
            const auto* result = std::get_if<ToolResultPart>(&user.parts[next++]);
            if (result == nullptr || result->call_id != call->id) return false;
        }
    }
    for (; next < user.parts.size(); ++next) {
        if (std::holds_alternative<ToolResultPart>(user.parts[next])) return false;
    }
    return true;
}

bool is_well_formed(const std::vector<Message>& messages) {
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const Message& message = messages[i];
        if (message.role != (i % 2 == 0 ? Role::user : Role::assistant)) return false;
        if (!is_whole(message)) return false;
        const Message* before = i > 0 ? &messages[i - 1] : nullptr;
        if (message.role == Role::user && !answers(message, before)) return false;
    }
    return messages.empty() || messages.back().role == Role::user ||
           call_ids(messages.back()).empty();
}

}  // namespace

std::vector<Message> mend_conversation(const std::vector<Message>& messages) {
    const std::vector<Message> turns = merged(messages);
    std::vector<Message> out;
    std::vector<std::string> open;  // calls of the assistant message before
    for (const Message& turn : turns) {
        if (turn.role == Role::user) {
            Message user = answered(open, turn);
            open.clear();
            if (!user.parts.empty()) out.push_back(std::move(user));
            continue;
        }
        if (out.empty()) out.push_back(user_text("(The beginning of the conversation is gone.)"));
        open = call_ids(turn);
        if (out.back().role == Role::user) {
            out.push_back(turn);
        } else {
            // The user message between held only results without a call.
            for (const Part& part : turn.parts) out.back().parts.push_back(part);
            out.back().sequence = turn.sequence;
            open = call_ids(out.back());
        }
    }
    if (!open.empty()) out.push_back(answered(open, Message{Role::user, {}, 0}));
    return out;
}

Items<Message> mended(const std::vector<Message>& messages) {
    if (is_well_formed(messages)) return Items<Message>::borrowed(messages);
    return mend_conversation(messages);
}

}  // namespace hs::models
