// Folding: a conversation is shortened before the model's window ends.
//
// What it is for: long sessions. First old tool results are shortened, which costs no model call;
// where that is not enough, the older part is summarised by a model and replaced. A tool call and
// its result are never parted, and every assistant message that stays, stays whole, so its thinking
// is valid when it goes back.
// What it does not protect from: a summary that is wrong or that repeats an injection from the
// folded part. It carries the labels of all that was folded; the caller joins them.
// Threads: pure functions.
#pragma once

#include <optional>

#include "models/chat.h"

namespace hs::models {

struct WindowRules {
    std::int64_t context_tokens = 200'000;
    std::int64_t output_tokens = 8'192;  // kept free for the answer
    std::int64_t fold_at_percent = 80;   // of what is left; folding begins beyond it
    std::int64_t keep_percent = 30;      // of the window: the newest part, which is not folded
    std::size_t old_result_bytes = 600;  // what stays of an old tool result
};

// An upper estimate: three bytes of UTF-8 a token, and a few tokens for every part. Real
// tokenizers give about 3.5 to 4.5 bytes a token on English and code.
std::int64_t estimate_tokens(std::string_view text);
std::int64_t estimate_tokens(const Message& message);
std::int64_t estimate_tokens(const ChatRequest& request);

bool needs_folding(const ChatRequest& request, const WindowRules& rules);

// The messages with the results of all but the newest part cut to old_result_bytes, head and tail
// kept. The same messages when nothing is long.
std::vector<Message> shorten_old_results(const std::vector<Message>& messages,
                                         const WindowRules& rules);

// Messages [0, end) are folded; the rest stays. The first that stays is a user message without
// results, or else an assistant message whose earlier calls all have their results in the folded
// part.
struct Fold {
    std::size_t end = 0;
};
// nullopt where nothing can be folded: the newest part alone exceeds the window, or there is
// nothing before it.
std::optional<Fold> choose_fold(const std::vector<Message>& messages, const WindowRules& rules);

// Asks for the summary of the folded part, as one text without tools, within the window itself.
ChatRequest summary_request(const ChatRequest& request, const Fold& fold, const WindowRules& rules);

// The summary as the person's first message, the person's last request if it was folded, then
// what stays. CHECKs that the fold is of these messages.
std::vector<Message> fold_messages(const std::vector<Message>& messages, const Fold& fold,
                                   std::string_view summary);

}  // namespace hs::models
