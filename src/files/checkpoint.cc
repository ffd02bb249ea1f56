#include "files/checkpoint.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/pack.h"
#include "crypto/seal.h"

namespace hs::files {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Packer;
using base::Result;
using base::Unpacker;
using Operation = gate::WriteFile::Operation;

namespace {

constexpr std::string_view suffix = ".undo";
constexpr std::uint8_t format_version = 1;
// Facts are a few texts of at most a path's length.
constexpr std::size_t facts_bytes_max = 16 * 1024;

Bytes packed(const Checkpoint& facts) {
    Packer packer;
    packer.u8(format_version);
    packer.text(facts.path);
    packer.u8(static_cast<std::uint8_t>(facts.operation));
    packer.i64(facts.time_ms);
    packer.text(facts.session);
    packer.text(facts.decision);
    packer.text(facts.before_sha256);
    packer.text(facts.after_sha256);
    packer.u64(facts.before_bytes);
    packer.u32(facts.mode);
    return std::move(packer).take();
}

Result<Checkpoint> unpacked(ByteView bytes) {
    Unpacker unpacker(bytes);
    Checkpoint facts;
    if (TRY(unpacker.u8()) != format_version) {
        return fail(Code::corrupt, "a checkpoint of another version");
    }
    facts.path = TRY(unpacker.text());
    const std::uint8_t operation = TRY(unpacker.u8());
    if (operation > static_cast<std::uint8_t>(Operation::restore)) {
        return fail(Code::corrupt, "a checkpoint of an unknown operation");
    }
    facts.operation = static_cast<Operation>(operation);
    facts.time_ms = TRY(unpacker.i64());
    facts.session = TRY(unpacker.text());
    facts.decision = TRY(unpacker.text());
    facts.before_sha256 = TRY(unpacker.text());
    facts.after_sha256 = TRY(unpacker.text());
    facts.before_bytes = TRY(unpacker.u64());
    facts.mode = TRY(unpacker.u32());
    TRY(unpacker.finish());
    return facts;
}

// The two parts of a file are sealed apart, so that listing does not read the contents.
Bytes place_of(std::string_view part, const std::string& id) {
    return base::copy_bytes(base::bytes_of(fmt::format("checkpoint/{}/{}", part, id)));
}

bool is_id(std::string_view id) {
    return id.size() == 26 && std::all_of(id.begin(), id.end(), [](char one) {
               return (one >= '0' && one <= '9') || (one >= 'A' && one <= 'Z') ||
                      (one >= 'a' && one <= 'z');
           });
}

Result<std::vector<std::string>> ids_in(const std::string& folder) {
    std::vector<std::string> ids;
    for (const std::string& name : TRY(os::list_folder(folder, 4 * Checkpoints::checkpoints_max))) {
        if (!name.ends_with(suffix)) continue;
        const std::string id = name.substr(0, name.size() - suffix.size());
        if (is_id(id)) ids.push_back(id);
    }
    return ids;
}

// Reads the first part: its length, then its sealed bytes.
Result<Checkpoint> facts_in(const std::string& file, const std::string& id,
                            const crypto::SecretBytes& key) {
    const os::Fd fd = TRY(os::open_file(file, O_RDONLY));
    Bytes head(4 + facts_bytes_max);
    head.resize(TRY(os::read_at(fd.get(), head, 0)));
    Unpacker unpacker(head);
    const ByteView sealed = TRY(unpacker.bytes());
    Checkpoint facts = TRY(unpacked(TRY(crypto::open(key, sealed, place_of("facts", id)))));
    facts.id = id;
    return facts;
}

}  // namespace

Checkpoints::Checkpoints(State state)
    : state_(std::make_unique<base::Guarded<State>>(std::move(state))) {}

Result<Checkpoints> Checkpoints::open(std::string folder, crypto::SecretBytes key,
                                      const base::Clock& clock, base::Random& random) {
    CHECK(key.size() == 32);
    TRY(os::make_private_folder(folder));
    return Checkpoints(State{std::move(folder), std::move(key), &clock, &random});
}

Result<std::string> Checkpoints::file_of(const State& state, const std::string& id) {
    if (!is_id(id)) {
        return fail(Code::invalid_input,
                    fmt::format("\"{}\" is no checkpoint's id; `hardshell undo` lists them", id));
    }
    return state.folder + "/" + id + std::string(suffix);
}

Result<std::string> Checkpoints::keep(Checkpoint facts, ByteView before) {
    if (before.size() > content_bytes_max) {
        return fail(Code::exhausted,
                    fmt::format("{} has {} bytes; a file of more than {} MiB cannot be kept for "
                                "undo, so it is not changed",
                                facts.path, before.size(), content_bytes_max >> 20U));
    }
    return state_->with([&](State& state) -> Result<std::string> {
        facts.id = base::make_id(*state.clock, *state.random);
        facts.time_ms = state.clock->wall_ms();
        facts.before_bytes = before.size();
        Packer packer;
        packer.bytes(
            crypto::seal(state.key, packed(facts), place_of("facts", facts.id), *state.random));
        packer.bytes(crypto::seal(state.key, before, place_of("content", facts.id), *state.random));
        TRY(os::write_file_atomic(TRY(file_of(state, facts.id)), packer.view(), 0600));
        TRY(prune(state, facts.id));
        return facts.id;
    });
}

Result<> Checkpoints::prune(const State& state, const std::string& newest) {
    auto ids = TRY(ids_in(state.folder));
    std::reverse(ids.begin(), ids.end());  // ids sort by time: newest first
    std::uint64_t total_bytes = 0;
    std::size_t kept = 0;
    const std::int64_t oldest_ns = (state.clock->wall_ms() - age_ms_max) * 1'000'000;
    for (const std::string& id : ids) {
        const std::string file = TRY(file_of(state, id));
        const auto facts = os::facts_of_path(file);
        if (!facts) continue;
        total_bytes += facts->size_bytes;
        const bool surplus = total_bytes > total_bytes_max || kept >= checkpoints_max ||
                             facts->modified_ns < oldest_ns;
        if (surplus && id != newest) {
            (void)os::remove_file(file);
        } else {
            ++kept;
        }
    }
    return {};
}

Result<Checkpoints::List> Checkpoints::list() const {
    return state_->with([](const State& state) -> Result<List> {
        List list;
        auto ids = TRY(ids_in(state.folder));
        std::reverse(ids.begin(), ids.end());
        for (const std::string& id : ids) {
            auto facts = facts_in(TRY(file_of(state, id)), id, state.key);
            if (facts) {
                list.checkpoints.push_back(std::move(*facts));
            } else {
                ++list.unreadable;
            }
        }
        return list;
    });
}

Result<Checkpoint> Checkpoints::find(const std::string& id) const {
    return state_->with([&](const State& state) -> Result<Checkpoint> {
        auto facts = facts_in(TRY(file_of(state, id)), id, state.key);
        if (!facts && facts.error().code == Code::not_found) {
            return fail(Code::not_found,
                        fmt::format("there is no checkpoint {}; `hardshell undo` lists them", id));
        }
        return facts;
    });
}

Result<Bytes> Checkpoints::content_of(const std::string& id) const {
    return state_->with([&](const State& state) -> Result<Bytes> {
        const Bytes file =
            TRY(os::read_file(TRY(file_of(state, id)), content_bytes_max + facts_bytes_max + 256));
        Unpacker unpacker(file);
        (void)TRY(unpacker.bytes());
        const ByteView sealed = TRY(unpacker.bytes());
        TRY(unpacker.finish());
        return crypto::open(state.key, sealed, place_of("content", id));
    });
}

void Checkpoints::drop(const std::string& id) {
    state_->with([&](const State& state) {
        const auto file = file_of(state, id);
        if (file) (void)os::remove_file(*file);
    });
}

}  // namespace hs::files
