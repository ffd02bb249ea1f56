#include "ship/witness_client.h"

#include <fmt/format.h>

#include "audit/witness.h"
#include "os/file.h"
#include "wire/url.h"

namespace hs::ship {

using base::Code;
using base::fail;
using base::Result;

namespace {

// A witness may be at another size than we remember; it says so once.
constexpr int offers_max = 2;

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<WitnessSetting> read(const gate::Settings& settings, const std::string& name) {
    const std::string prefix = "witness." + name + ".";
    const auto bad = [&](std::string_view key, std::string_view expected) {
        const std::string at = prefix + std::string(key);
        return fail(Code::invalid_input,
                    fmt::format("{}: {} must be {}", settings.find(at)->source, at, expected));
    };
    WitnessSetting witness;
    witness.name = name;
    const auto url = wire::parse_url(settings.text(prefix + "url"));
    if (!url || url->has_query) return bad("url", "an address such as https://witness.example");
    if (url->scheme == wire::Scheme::http && !is_loopback(url->host)) {
        return bad("url", "an https address; plain http is for this machine alone");
    }
    witness.scheme = url->scheme_text();
    witness.host = url->host;
    witness.port = url->port;
    witness.prefix = url->path;
    while (witness.prefix.ends_with('/')) witness.prefix.pop_back();
    const auto key = audit::parse_witness_key(settings.text(prefix + "key"));
    if (!key) return bad("key", fmt::format("the witness's key ({})", key.error().what));
    witness.key = *key;
    witness.required = settings.boolean(prefix + "required");
    witness.every_ms = settings.integer(prefix + "every_seconds") * 1000;
    witness.ca = settings.text(prefix + "ca");
    return witness;
}

}  // namespace

Result<std::vector<WitnessSetting>> witness_settings(const gate::Settings& settings) {
    std::vector<WitnessSetting> list;
    for (const std::string& name : settings.names("witness")) {
        list.push_back(TRY(read(settings, name)));
    }
    return list;
}

std::string witness_place(const std::string& name) {
    return "witness:" + name;
}

std::string Conflict::text() const {
    return fmt::format(
        "the witness {} has seen {} records of this log, signed by its own key, and the {} that "
        "are here do not continue them: the state was restored from an older copy, or the log has "
        "two histories. Nothing is signed or done until a person decides. Restore the right copy; "
        "or begin a new log, which records this: hardshell stop, then hardshell audit fork "
        "--reason TEXT",
        witness, seen.size, ours.size);
}

std::string WitnessClient::kept_path() const {
    return parts_.kept_folder + "/" + parts_.setting.name + ".note";
}

std::uint64_t WitnessClient::kept_size() const {
    const auto text = os::read_text(kept_path(), audit::note_bytes_max);
    const auto note = text ? audit::parse_note(*text) : text.failure();
    const auto checkpoint = note ? audit::parse_checkpoint(note->text) : note.failure();
    const bool ours = checkpoint && checkpoint->origin == parts_.log_key.name;
    return ours ? checkpoint->head.size : 0;
}

Result<HttpReply> WitnessClient::call(const std::string& method, const std::string& target,
                                      std::string body, const Waiting& waiting) {
    HttpCall call{witness_place(parts_.setting.name),
                  method,
                  parts_.setting.prefix + target,
                  {},
                  std::move(body)};
    if (method == "POST") call.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    Fault why = Fault::unknown;  // the Error's text is what is shown
    return parts_.outlet.send(call, waiting.deadline, waiting.stop, why);
}

Result<WitnessClient::Answer> WitnessClient::show(os::Deadline deadline, const os::WakeUp& stop) {
    audit::Reader reader = TRY(audit::Reader::open(parts_.log_folder, parts_.log_key));
    const std::uint64_t old_size = kept_size();
    if (old_size == reader.size()) {
        // Nothing is new for it; it may still have seen more than we have.
        return offer(reader, old_size, {deadline, stop});
    }
    return offer(reader, std::min(old_size, reader.size()), {deadline, stop});
}

Result<WitnessClient::Answer> WitnessClient::offer(audit::Reader& reader, std::uint64_t old_size,
                                                   const Waiting& waiting) {
    for (int offers = 0; offers < offers_max; ++offers) {
        audit::WitnessRequest request;
        request.old_size = old_size;
        request.proof = TRY(reader.prove_consistency(old_size));
        request.checkpoint = reader.checkpoint_note();
        const auto reply = TRY(call("POST", "/add-checkpoint", request.text(), waiting));
        if (reply.status == 200) return keep(reader, reply.body);
        std::string_view said = reply.body;
        while (said.ends_with('\n')) said.remove_suffix(1);
        const auto size = audit::parse_decimal(said);
        if (reply.status == 409 && size && *size <= reader.size()) {
            old_size = *size;
            continue;
        }
        if (reply.status == 409 || reply.status == 422) {
            Answer answer;
            answer.conflict = TRY(find_conflict(reader, waiting));
            if (answer.conflict) return answer;
        }
        return fail(Code::denied, fmt::format("the witness {} answered {}: {}", parts_.setting.name,
                                              reply.status, said.substr(0, 200)));
    }
    return fail(Code::denied,
                fmt::format("the witness {} gives two sizes for one log", parts_.setting.name));
}

// The cosignature must be over the very checkpoint that was shown.
Result<WitnessClient::Answer> WitnessClient::keep(const audit::Reader& reader,
                                                  const std::string& lines) {
    const auto shown = TRY(audit::parse_note(reader.checkpoint_note()));
    const auto answered = audit::parse_note(shown.text + "\n" + lines);
    if (!answered) {
        return fail(Code::denied,
                    fmt::format("the witness {} answered no signature line", parts_.setting.name));
    }
    TRY(audit::verify_cosignature(*answered, parts_.setting.key));
    std::string note = reader.checkpoint_note();
    for (const audit::NoteSignature& line : answered->signatures) {
        if (line.name == parts_.setting.key.name) note += audit::signature_line(line);
    }
    TRY(os::write_file_atomic(kept_path(), base::bytes_of(note)));
    return Answer{Shown::cosigned, std::nullopt};
}

// What the witness has seen, if the log's own signature stands under it and we do not extend it.
Result<std::optional<Conflict>> WitnessClient::find_conflict(audit::Reader& reader,
                                                             const Waiting& waiting) {
    const std::string target = "/" + audit::origin_name(parts_.log_key.name) + "/checkpoint";
    const auto reply = TRY(call("GET", target, "", waiting));
    if (reply.status != 200) return std::optional<Conflict>();
    const audit::Note note = TRY(audit::parse_note(reply.body));
    TRY(audit::verify_note(note, {&parts_.log_key, 1}));
    const audit::Checkpoint seen = TRY(audit::parse_checkpoint(note.text));
    if (seen.origin != parts_.log_key.name) return std::optional<Conflict>();
    const audit::Head ours = reader.checkpoint().head;
    if (seen.head.size <= ours.size) {
        const auto proof = TRY(reader.prove_consistency(seen.head.size));
        if (audit::extends(seen.head, ours, proof)) return std::optional<Conflict>();
    }
    return std::optional<Conflict>(Conflict{parts_.setting.name, seen.head, ours, reply.body});
}

}  // namespace hs::ship
