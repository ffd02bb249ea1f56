#include "audit/witness.h"

#include <fmt/format.h>

#include "os/file.h"

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

WitnessAnswer refuse(int status, std::string why) {
    return {status, "text/plain; charset=utf-8", std::move(why) + "\n"};
}

// Takes the line before the next newline; false when there is none.
bool take_line(std::string_view& text, std::string_view& line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return false;
    line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return true;
}

}  // namespace

std::string WitnessRequest::text() const {
    std::string body = fmt::format("old {}\n", old_size);
    for (const Digest& hash : proof) body += base::to_base64(hash) + "\n";
    return body + "\n" + checkpoint;
}

Result<WitnessRequest> parse_witness_request(std::string_view body) {
    const auto bad = [](std::string_view why) {
        return fail(Code::invalid_input, fmt::format("the request is malformed: {}", why));
    };
    if (body.size() > witness_request_bytes_max) return bad("it is larger than 64 KiB");
    WitnessRequest request;
    std::string_view line;
    if (!take_line(body, line) || !line.starts_with("old ")) return bad("it must begin with old");
    const auto size = parse_decimal(line.substr(4));
    if (!size) return bad("the old size is no decimal number");
    request.old_size = *size;
    for (;;) {
        if (!take_line(body, line)) return bad("it has no empty line");
        if (line.empty()) break;
        if (request.proof.size() >= witness_proof_lines_max) return bad("its proof is too long");
        const auto hash = base::from_base64(line);
        if (!hash || hash->size() != 32) return bad("a line of its proof is no hash");
        request.proof.push_back(TRY(crypto::digest_from(*hash)));
    }
    request.checkpoint = body;
    return request;
}

std::string origin_name(std::string_view origin) {
    return base::to_hex(crypto::sha256(base::bytes_of(origin)));
}

Result<std::unique_ptr<Witness>> Witness::open(Parts parts, const base::Clock& clock) {
    if (!is_key_name(parts.name)) {
        return fail(Code::invalid_input,
                    "the witness's name must be a URL without scheme and spaces");
    }
    if (parts.logs.size() > logs_max) return fail(Code::exhausted, "too many logs to witness");
    TRY(os::make_private_folder(parts.folder));
    std::unique_ptr<Witness> witness(new Witness(std::move(parts), clock));
    for (const VerifierKey& log : witness->parts_.logs) TRY(witness->load(log));
    return witness;
}

Result<> Witness::load(const VerifierKey& log) {
    const std::string name = origin_name(log.name);
    auto text = os::read_text(parts_.folder + "/" + name, note_bytes_max);
    if (!text && text.error().code == Code::not_found) return {};
    const auto bad = [&](const std::string& why) {
        return fail(Code::corrupt, fmt::format("{}/{} is damaged: {}; restore it, or start this "
                                               "witness with another folder and key",
                                               parts_.folder, name, why));
    };
    if (!text) return text.failure();
    const auto note = parse_note(*text);
    if (!note) return bad(note.error().what);
    const auto checkpoint = parse_checkpoint(note->text);
    if (!checkpoint || checkpoint->origin != log.name) return bad("it is no checkpoint of the log");
    if (const auto mine = verify_cosignature(*note, public_key()); !mine) {
        return bad(mine.error().what);
    }
    kept_[name] = {checkpoint->head, std::move(*text)};
    return {};
}

WitnessAnswer Witness::add_checkpoint(std::string_view body) {
    const auto request = parse_witness_request(body);
    if (!request) return refuse(400, request.error().what);
    const auto note = parse_note(request->checkpoint);
    const auto checkpoint = note ? parse_checkpoint(note->text) : note.failure();
    if (!checkpoint) return refuse(400, checkpoint.error().what);
    for (const VerifierKey& log : parts_.logs) {
        if (log.name != checkpoint->origin) continue;
        if (const auto known = verify_note(*note, {&log, 1}); !known) {
            return refuse(403, known.error().what);
        }
        return judge(*request, log, *note, checkpoint->head);
    }
    return refuse(404, "this witness does not know a log with that origin");
}

// The head that was seen is compared and replaced under one lock, and is durable before the answer.
WitnessAnswer Witness::judge(const WitnessRequest& request, const VerifierKey& log,
                             const Note& note, const Head& head) {
    const std::scoped_lock lock(mutex_);
    const std::string name = origin_name(log.name);
    const auto found = kept_.find(name);
    const Head seen = found == kept_.end() ? Head{0, empty_root()} : found->second.head;
    if (request.old_size > head.size) return refuse(400, "old is larger than the checkpoint");
    if (request.old_size != seen.size) {
        return {409, "text/x.tlog.size", std::to_string(seen.size) + "\n"};
    }
    const bool proof_fits = request.old_size != 0 || request.proof.empty();
    if (!proof_fits || !extends(seen, head, request.proof)) {
        return refuse(422, "the checkpoint does not extend the one that was cosigned before");
    }
    const std::int64_t time_s = clock_.wall_ms() / 1000;
    if (time_s < 0) return refuse(500, "the witness's clock stands before 1970");
    const std::string line = cosign(note.text, parts_.name, parts_.key, time_s);
    Kept next{head, note.text + "\n"};
    for (const NoteSignature& signature : note.signatures) {
        // Our own line of an earlier time would stand beside the new one.
        if (signature.name != parts_.name) next.note += signature_line(signature);
    }
    next.note += line;
    const auto kept = os::write_file_atomic(parts_.folder + "/" + name, base::bytes_of(next.note));
    if (!kept) return refuse(500, "the head cannot be kept: " + kept.error().what);
    kept_[name] = std::move(next);
    return {200, "text/plain; charset=utf-8", line};
}

Result<std::string> Witness::latest(std::string_view name) const {
    const std::scoped_lock lock(mutex_);
    const auto found = kept_.find(name);
    if (found == kept_.end()) {
        return fail(Code::not_found, "this witness has cosigned nothing of that log");
    }
    return found->second.note;
}

}  // namespace hs::audit
