#include "hardshell/playbooks.h"

#include <algorithm>
#include <array>

namespace hs::cli {

namespace {

constexpr PlaybookStep leaked_credential[] = {
    {"stop", "If it may still be used by what runs here, stop everything.",
     "hardshell lockdown on --reason TEXT"},
    {"revoke", "Revoke the credential where it was issued. Nothing here can do that.", ""},
    {"scope", "Find out where it went: every host, conversation and decision that used it.",
     "hardshell incident blast-radius secret NAME"},
    {"remove", "Remove it here, and set the new one with the same binding.",
     "hardshell secret remove NAME; hardshell secret set NAME --host HOST"},
    {"others", "Ask the places it could reach for their own logs of the time in question.", ""},
    {"learn", "Write the rule that would have stopped it.", "hardshell incident learn ID"},
    {"evidence", "Keep the evidence off this machine.", "hardshell incident evidence ID FOLDER"},
};
constexpr PlaybookStep poisoned_memory[] = {
    {"stop", "Stop what acts on it.", "hardshell lockdown on --reason TEXT"},
    {"source", "Find the conversation that wrote it, and what had come into that one.",
     "hardshell memory search TEXT; hardshell incident blast-radius memory ID"},
    {"forget", "Take the entry out of the memory; keep its text with the incident.",
     "hardshell memory search TEXT; hardshell memory forget ID"},
    {"spread", "Look at every conversation that was given it: what they wrote and sent.",
     "hardshell incident timeline ID"},
    {"undo", "Take back the changes of files that followed from it.", "hardshell undo ID"},
    {"learn", "Write the rule that would have stopped it.", "hardshell incident learn ID"},
    {"evidence", "Keep the evidence off this machine.", "hardshell incident evidence ID FOLDER"},
};
constexpr PlaybookStep malicious_skill[] = {
    {"stop", "Stop what runs under it.", "hardshell lockdown on --reason TEXT"},
    {"block", "Block the skill by its name and digest; a security team's block holds everywhere.",
     "hardshell skill disable NAME; hardshell skill sign NAME --key KEY --name YOU --block"},
    {"scope", "Find out what it has read, written, run and sent.",
     "hardshell incident blast-radius skill NAME"},
    {"secrets", "Change every credential that was placed for it.", ""},
    {"source", "Tell its publisher and whoever else has it; keep a copy of its files.", ""},
    {"evidence", "Keep the evidence off this machine.", "hardshell incident evidence ID FOLDER"},
};
constexpr PlaybookStep hijacked_session[] = {
    {"stop", "Stop everything.", "hardshell lockdown on --reason TEXT"},
    {"scope", "Find what the conversation read before, and changed, ran and sent after.",
     "hardshell incident blast-radius session SESSION"},
    {"source", "Find who else has read the page, mail or file it came from.",
     "hardshell incident blast-radius file PATH"},
    {"undo", "Take back the changes of files.", "hardshell undo ID"},
    {"secrets", "Change every credential that was placed in it.", ""},
    {"persons", "Tell the persons whose data went out, and whoever has to be told by law.", ""},
    {"learn", "Write the rule that would have stopped it.", "hardshell incident learn ID"},
    {"evidence", "Keep the evidence off this machine.", "hardshell incident evidence ID FOLDER"},
    {"lift", "Lift the lockdown when the cause is gone.", "hardshell lockdown lift --reason TEXT"},
};
constexpr PlaybookStep lost_laptop[] = {
    {"last", "From the SIEM or a witness, note the last record that the machine has shown.", ""},
    {"revoke", "Revoke every credential that the machine held where each was issued.",
     "hardshell secret list"},
    {"tokens", "End the sessions and tokens of the person at every provider and channel.", ""},
    {"disk",
     "Find out whether the disk was encrypted and the machine locked; the key file lies on it.",
     ""},
    {"back",
     "If it comes back: verify the log against what a witness has seen, before anything runs.",
     "hardshell audit verify --witness URL"},
    {"evidence", "Keep the evidence off the machine.", "hardshell incident evidence ID FOLDER"},
};
constexpr PlaybookStep leaver[] = {
    {"dates", "Set the leave date, so that drift looks more closely before it.",
     "hardshell config set drift.leaving '[\"uid 1000 2026-12-31\"]'"},
    {"findings", "Look at what departed from the usual in the last weeks.",
     "hardshell drift --from 90d"},
    {"exit", "Make the inventory, hand over or erase, revoke keys, write the final report.",
     "hardshell exit FOLDER --reason TEXT --yes"},
    {"elsewhere", "End the person's accounts where they were issued.", ""},
};

constexpr std::array<Playbook, 6> all = {{
    {"leaked-credential", "A credential has leaked", leaked_credential},
    {"poisoned-memory", "Something false or hostile was remembered", poisoned_memory},
    {"malicious-skill", "A skill does harm", malicious_skill},
    {"hijacked-session", "A conversation follows somebody else's words", hijacked_session},
    {"lost-laptop", "A machine is lost or stolen", lost_laptop},
    {"leaver", "Somebody leaves", leaver},
}};

}  // namespace

std::span<const Playbook> playbooks() {
    return all;
}

const Playbook* find_playbook(std::string_view name) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [name](const Playbook& one) { return one.name == name; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace hs::cli
