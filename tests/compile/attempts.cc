// Attempts to act without the gate. None may compile; run.py tries each.
#include <utility>

#include "files/write.h"
#include "gate/gate.h"
#include "gate/permit.h"
#include "memory/memory.h"

using namespace hs;

// What an honest caller does: it hands on a Permit that it was given.
base::Result<files::Changed> honest(gate::Permit<gate::WriteFile> permit, base::ByteView content,
                                    const files::ChangeContext& context) {
    return files::change_file(std::move(permit), content, context);
}

#ifdef ATTEMPT_make_a_permit  // refused: private
gate::Permit<gate::WriteFile> forge(gate::WriteFile action) {
    return gate::Permit<gate::WriteFile>(std::move(action), std::make_shared<gate::Revocation>());
}
#endif

#ifdef ATTEMPT_default_permit  // refused: no matching function
gate::Permit<gate::RunCommand> nothing() { return gate::Permit<gate::RunCommand>(); }
#endif

#ifdef ATTEMPT_copy_a_permit  // refused: deleted
gate::Permit<gate::WriteFile> twice(const gate::Permit<gate::WriteFile>& permit) { return permit; }
#endif

#ifdef ATTEMPT_write_without_permit  // refused: could not convert
base::Result<files::Changed> forget(gate::WriteFile action, base::ByteView content,
                                    const files::ChangeContext& context) {
    return files::change_file(action, content, context);
}
#endif

#ifdef ATTEMPT_permit_of_another_effect  // refused: could not convert
base::Result<files::Changed> confuse(gate::Permit<gate::ReadFile> permit, base::ByteView content,
                                     const files::ChangeContext& context) {
    return files::change_file(std::move(permit), content, context);
}
#endif

#ifdef ATTEMPT_change_the_action  // refused: no match for
void change(gate::Permit<gate::RunCommand>& permit) { permit.action().executable = "/bin/sh"; }
#endif

#ifdef ATTEMPT_longer_life  // refused: private
void extend(gate::Permit<gate::RunCommand>& permit) { permit.expiry_ms_ += 1'000'000; }
#endif

#ifdef ATTEMPT_remember_without_permit  // refused: cannot convert
base::Result<memory::Entry> keep(memory::Memory& memory, gate::Remember action,
                                 memory::Entry entry) {
    return memory.add(action, entry);
}
#endif

#ifdef ATTEMPT_look_into_memory_without_permit  // refused: cannot convert
base::Result<std::vector<memory::Entry>> look(memory::Memory& memory) {
    return memory.list(gate::Recall{"personal/all/open", ""});
}
#endif
