// TextLook: what is in a text that must not be remembered, or only with care: credentials, personal
// data. The daemon hands one in.
//
// What it does not protect from: what the look does not know. Threads: look() from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "flow/label.h"

namespace hs::memory {

struct Finding {
    flow::DataClass data_class = flow::DataClass::secret;
    std::string what;  // "a private key"; never the value
    std::size_t begin = 0, end = 0;
};

class TextLook {
  public:
    virtual ~TextLook() = default;
    virtual std::vector<Finding> look(std::string_view text) const = 0;
};

// Credentials by their published shapes (AWS, GitHub, GitLab, Slack, Google, Stripe, OpenAI,
// Anthropic, npm, PEM keys, JSON web tokens, URLs with a password) and by the words that stand
// before one ("password: …"). The floor below whatever other look is handed in.
class CredentialLook : public TextLook {
  public:
    std::vector<Finding> look(std::string_view text) const override;
};

}  // namespace hs::memory
