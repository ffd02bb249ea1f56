// TextLook: what the memory must know about a text before it keeps it, found by the room detect.
//
// What it does not protect from: secrets and personal data of a shape that no rule knows.
// Threads: look() from any thread.
#pragma once

#include "memory/text_look.h"

namespace hs::daemon {

// Secrets and personal data by all rules of detect, beside the memory's own floor.
class DetectLook : public memory::TextLook {
  public:
    std::vector<memory::Finding> look(std::string_view text) const override;

  private:
    memory::CredentialLook floor_;
};

}  // namespace hs::daemon
