#include "audit/epoch.h"
#include "audit/note.h"

// What parses as a checkpoint, an epoch note or a key must print to the same text again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    const std::string_view text = base::text_of({data, size});
    if (const auto key = audit::parse_verifier_key(text)) CHECK(key->text() == text);
    if (const auto checkpoint = audit::parse_checkpoint(text)) CHECK(checkpoint->text() == text);
    if (const auto note = audit::parse_epoch_note(text)) CHECK(note->text() == text);
    const auto note = audit::parse_note(text);
    if (!note) return 0;
    CHECK(text.starts_with(note->text) && !note->signatures.empty());
    (void)audit::check_epoch_note(text, {});
    if (const auto inner = audit::parse_checkpoint(note->text)) CHECK(inner->text() == note->text);
    return 0;
}
