// The table of all settings: key, type, default, meaning.

#include "gate/channel_setting.h"
#include "gate/settings.h"

namespace hs::gate {

namespace {

const std::vector<SettingRow> own_rows{
    {"person.name", SettingType::text, "\"\"", "How the assistant addresses you."},
    {"space.name", SettingType::text, "\"personal\"", "The space that this daemon serves."},
    {"policy.preset", SettingType::text, "\"personal\"",
     "The preset of rules: personal, work, enterprise or locked."},
    {"organisation.folder", SettingType::text, "\"\"",
     "Folder of the organisation's policy, roles, classes of projects and acceptable-use text. "
     "Where /etc/hardshell exists, that one holds instead."},
    {"model.default", SettingType::text, "\"\"",
     "Name of the provider to ask first; empty: the first that is configured, else a local "
     "server that is found, else the offline provider."},
    {"model.fallbacks", SettingType::text_list, "[]", "Providers to ask, in order, when it fails."},
    {"model.max_tokens", SettingType::integer, "4096", "Longest answer, in tokens.", 1, 200'000},
    {"model.discover", SettingType::boolean, "true",
     "Look for Ollama and llama.cpp servers on this machine when no provider is configured."},
    {"api.enabled", SettingType::boolean, "true", "Answer HTTP on loopback."},
    {"api.port", SettingType::integer, "7483", "Loopback port of the HTTP API.", 0, 65535},
    {"api.project", SettingType::text, "\"\"",
     "Folder in which conversations of API clients work; empty: they use no tools on files or "
     "commands."},
    {"network.name_servers", SettingType::text_list, "[]",
     "Who is asked for names instead of the system's servers: addresses, or addresses with a "
     "port."},
    {"files.roots", SettingType::text_list, "[]",
     "Folders besides the project that the file tools may open."},
    {"budget.session_tokens", SettingType::integer, "2000000", "Tokens that one session may use.",
     1, INT64_MAX},
    {"budget.day_tokens", SettingType::integer, "10000000",
     "Tokens that one person may use in a day.", 1, INT64_MAX},
    {"budget.day_cents", SettingType::integer, "2000",
     "Money that one person may spend in a day, in cents.", 0, INT64_MAX},
    {"turn.steps_max", SettingType::integer, "50", "Model calls in one turn before it is stopped.",
     1, 1000},
    {"turn.approval_minutes", SettingType::integer, "30",
     "How long an approval may wait; silence is denial.", 1, 10'080},
    {"doctor.every_hours", SettingType::integer, "24",
     "How often hardshell doctor proves the walls by itself; 0: only when you ask.", 0, 8760},
    {"doctor.first_seconds", SettingType::integer, "600", "How long after a start it may begin to.",
     1, 86'400},
    {"skills.library", SettingType::text, "\"\"",
     "The team's library of skills, a folder or an address: where hardshell skill install NAME "
     "looks, and where publish puts what you have reviewed."},
    {"memory.enabled", SettingType::boolean, "true",
     "Remember and recall things across conversations."},
    {"memory.review_days", SettingType::integer, "7",
     "How often you are reminded of memories that wait for your review; 0: never.", 0, 365},
    {"memory.retention_days", SettingType::integer, "0",
     "After how many days without use something remembered is forgotten; 0: never.", 0, 36'500},
};

const std::vector<SettingRow> provider_rows{
    {"provider.*.kind", SettingType::text, "\"openai\"",
     "What the provider speaks: anthropic, openai or offline."},
    {"provider.*.url", SettingType::text, "\"\"",
     "Base address, such as https://api.anthropic.com."},
    {"provider.*.model", SettingType::text, "\"\"", "The model to ask for."},
    {"provider.*.credential", SettingType::text, "\"\"",
     "Name of the secret that holds its key (hardshell secret set NAME)."},
    {"provider.*.place", SettingType::text, "\"\"",
     "Where it runs: local for this machine, else a region in your words, such as eu. Policy can "
     "ask for it, and the record names it."},
    {"provider.*.local", SettingType::boolean, "false",
     "It runs on this machine; the same as place = \"local\"."},
    {"provider.*.retention", SettingType::text, "\"\"",
     "How long it keeps what it is sent, by its contract: none, or a time such as 30 days."},
    {"provider.*.retains", SettingType::boolean, "true",
     "It keeps what it is sent; retention says how long."},
    {"provider.*.accepts", SettingType::text_list,
     "[\"public\", \"internal\", \"source_code\", \"personal\"]",
     "Data classes that may go there; the first provider in order that accepts what the "
     "conversation holds is asked, and never another one. Not set, one on this machine accepts "
     "all."},
    {"provider.*.accepts_redacted", SettingType::text_list, "[\"credential\"]",
     "Classes that may go there once what is found of them is replaced by placeholders: "
     "credential, personal."},
    {"provider.*.input_microcents", SettingType::integer, "0",
     "Price of a million input tokens, in 1/10,000 of a cent.", 0, INT64_MAX},
    {"provider.*.output_microcents", SettingType::integer, "0",
     "Price of a million output tokens, in 1/10,000 of a cent.", 0, INT64_MAX},
    {"provider.*.context_tokens", SettingType::integer, "200000", "Size of its context window.",
     1024, 100'000'000},
};

const std::vector<SettingRow> mcp_rows{
    {"mcp.*.command", SettingType::text_list, "[]",
     "The program of an MCP server and its arguments; it runs in a sandbox and speaks over "
     "standard "
     "input and output."},
    {"mcp.*.profile", SettingType::text, "\"\"",
     "A stricter sandbox profile for it than policy obliges to."},
    {"mcp.*.connector", SettingType::text, "\"\"",
     "File that says what its tools do and who could have written their results "
     "(docs/formats/connectors.md). Without one every tool counts as doing everything, and every "
     "result as a stranger's."},
    {"mcp.*.tools", SettingType::text_list, "[]",
     "The tools of it that the assistant gets; empty: all that were accepted."},
};

const std::vector<SettingRow> shipping_rows{
    {"ship.*.kind", SettingType::text, "\"\"",
     "Where the record is shipped: syslog (RFC 5424 over TLS), splunk, otlp, https or file."},
    {"ship.*.enabled", SettingType::boolean, "true", "Whether this sink is served."},
    {"ship.*.url", SettingType::text, "\"\"",
     "Its address: tls://HOST:6514 for syslog, https://HOST/PATH for the others."},
    {"ship.*.path", SettingType::text, "\"\"", "The file, for the kind file."},
    {"ship.*.format", SettingType::text, "\"ocsf\"",
     "ocsf (1.8.0) or json (the events as "
     "they are recorded)."},
    {"ship.*.minimum", SettingType::text, "\"informational\"",
     "Least severity shipped: informational, low, medium, high or critical."},
    {"ship.*.redact", SettingType::text_list, "[]",
     "What is replaced by a keyed hash or left out: person, path, host, command, reason, "
     "request."},
    {"ship.*.credential", SettingType::text, "\"\"",
     "Name of the secret that holds its token (hardshell secret set NAME)."},
    {"ship.*.index", SettingType::text, "\"\"", "Splunk's index; empty: the token's own."},
    {"ship.*.acknowledged", SettingType::boolean, "true",
     "Splunk: wait for the indexer's acknowledgement."},
    {"ship.*.ca", SettingType::text, "\"\"",
     "PEM file of the only authorities that may vouch for it; empty: the system's."},
    {"ship.*.certificate", SettingType::text, "\"\"",
     "PEM file of the certificate that proves this machine to it."},
    {"ship.*.key", SettingType::text, "\"\"", "PEM file of that certificate's key."},
    {"ship.*.batch", SettingType::integer, "200", "Most events in one delivery.", 1, 1000},
    {"ship.*.answer_seconds", SettingType::integer, "60",
     "How long it may take to answer, or to read what is sent, before it counts as silent.", 1,
     600},
    {"ship.*.from_start", SettingType::boolean, "true",
     "A new sink gets the log from its beginning; false: from now on."},
    {"ship.*.window_kib", SettingType::integer, "8192",
     "Syslog: how much is sent again after a broken connection.", 64, 1'048'576},
    {"ship.*.rotate_mib", SettingType::integer, "256",
     "File: the size at which it is renamed and begun anew.", 1, 1'048'576},
    {"witness.*.url", SettingType::text, "\"\"",
     "A witness's address, such as https://witness.example (c2sp.org/tlog-witness)."},
    {"witness.*.key", SettingType::text, "\"\"", "Its verifier key: name+id+key."},
    {"witness.*.required", SettingType::boolean, "false",
     "Without its answer at the start nothing is done."},
    {"witness.*.every_seconds", SettingType::integer, "60",
     "How often it is shown a new checkpoint.", 1, 86'400},
    {"witness.*.ca", SettingType::text, "\"\"",
     "PEM file of the only authorities that may vouch for it; empty: the system's."},
};

const std::vector<SettingRow> drift_rows{
    {"drift.enabled", SettingType::boolean, "true",
     "Look once a day for what departs from the usual, and record it as findings."},
    {"drift.learn_days", SettingType::integer, "10",
     "Days of activity before a person's, agent's or skill's usual is known.", 1, 365},
    {"drift.window_days", SettingType::integer, "90", "How far back the usual reaches.", 7, 3650},
    {"drift.volume_factor", SettingType::integer, "8", "How many times the usual of a day is told.",
     2, 1000},
    {"drift.volume_floor", SettingType::integer, "60",
     "Fewer actions, files or MiB than this in a day are never told.", 1, 1'000'000},
    {"drift.leaving", SettingType::text_list, "[]",
     "Who leaves when: \"uid 1000 2026-12-31\". Near that day less is needed to be told."},
    {"drift.leave_days", SettingType::integer, "30", "How near.", 1, 365},
    {"drift.utc_offset_minutes", SettingType::integer, "0", "Where the people's day and hours lie.",
     -840, 840},
    {"review.every_days", SettingType::integer, "91",
     "How often the regular review (hardshell review) is due.", 1, 3650},
    {"drift.personal_hosts", SettingType::text_list,
     "[\"dropbox.com\", \"drive.google.com\", \"docs.google.com\", \"mail.google.com\", "
     "\"onedrive.live.com\", \"outlook.live.com\", \"icloud.com\", \"wetransfer.com\", "
     "\"mega.nz\", \"pastebin.com\", \"transfer.sh\", \"file.io\", \"gofile.io\", "
     "\"proton.me\", \"web.telegram.org\", \"discord.com\"]",
     "Destinations that are a person's own; told where the space is not personal."},
};

const std::vector<SettingRow> store_rows{
    {"store.*.url", SettingType::text, "\"\"",
     "Where secrets are kept: sealed: (a file of its own), keyring: (the session's Secret "
     "Service), vault+https://HOST:PORT (HashiCorp Vault, OpenBao) or aws://REGION."},
    {"store.*.classes", SettingType::text_list, "[]",
     "Classes of secrets that are kept there and nowhere else."},
    {"store.*.space", SettingType::text, "\"\"",
     "The space whose store it is; in another one it is not opened. Empty: any."},
    {"store.*.credential", SettingType::text, "\"\"",
     "Name of the secret with which to log in: Vault's token, AppRole's secret id or AWS's secret "
     "access key."},
    {"store.*.role_id", SettingType::text, "\"\"",
     "Vault: the role id of AppRole; empty: the credential is a token."},
    {"store.*.namespace", SettingType::text, "\"\"", "Vault: the namespace."},
    {"store.*.access_key_id", SettingType::text, "\"\"", "AWS: the id of the access key."},
    {"store.*.session", SettingType::text, "\"\"",
     "AWS: name of the secret that is the session token; empty: the key is a lasting one."},
    {"store.*.ca", SettingType::text, "\"\"",
     "PEM file of the only authorities that may vouch for it; empty: the system's."},
    {"store.*.timeout_ms", SettingType::integer, "5000", "How long one answer may take.", 100,
     10'000},
    {"store.*.idle_seconds", SettingType::integer, "300",
     "Without a question for this long, what Hardshell itself has leased is given back.", 1,
     86'400},
};

}  // namespace

const std::vector<SettingRow>& setting_rows() {
    static const std::vector<SettingRow> rows = [] {
        std::vector<SettingRow> all;
        for (const auto* part : {&own_rows, &provider_rows, &mcp_rows, &shipping_rows, &drift_rows,
                                 &store_rows, &channel_setting_rows()}) {
            all.insert(all.end(), part->begin(), part->end());
        }
        return all;
    }();
    return rows;
}

}  // namespace hs::gate
