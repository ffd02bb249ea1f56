// TextLook: what the memory must know about a text before it keeps it, found by the room detect
// and, for the values of our own secrets, by the keeper.
//
// What it does not protect from: other people's secrets, and personal data, of a shape that no rule
// knows; our own of fewer than 12 bytes or in an encoding that egress does not look for.
// Threads: look() from any thread.
#pragma once

#include "gate/gate.h"
#include "memory/text_look.h"

namespace hs::daemon {

// Secrets and personal data by all rules of detect, beside the memory's own floor; and the values
// that the keeper knows. Where the keeper cannot say, the text counts as one that holds a secret.
class DetectLook : public memory::TextLook {
  public:
    explicit DetectLook(gate::Gate& gate) : gate_(gate) {}  // outlives this
    std::vector<memory::Finding> look(std::string_view text) const override;

  private:
    gate::Gate& gate_;
    memory::CredentialLook floor_;
};

}  // namespace hs::daemon
