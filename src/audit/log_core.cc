#include "audit/log_core.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr const char* state_name = "private/state";
constexpr const char* checkpoint_name = "checkpoint";
constexpr std::size_t state_bytes_max = 4096;

std::uint64_t random_number(base::Random& random) {
    std::array<std::uint8_t, 8> bytes{};
    random.fill(bytes);
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    return number >> 1U;  // it is written as a decimal of at most 63 bits
}

// A folder that holds records but no state is not an empty one.
Result<> expect_no_records(Storage& storage) {
    if (TRY(storage.list("tile")).empty() && !storage.read(checkpoint_name, note_bytes_max))
        return {};
    return fail(Code::corrupt,
                "the log's folder holds records but private/state is missing; restore it from a "
                "copy, or begin a new log in another folder");
}

}  // namespace

std::string LogCore::State::text() const {
    return fmt::format("hardshell-log-state 1\nbase {}\ngeneration {}\nsize {}\nroot {}\ntime {}\n",
                       base, generation, head.size, base::to_base64(head.root), signed_ms);
}

Result<LogCore::State> LogCore::parse_state(std::string_view text) {
    const std::string_view whole = text;
    const auto field = [&](std::string_view name) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        return line.starts_with(name) ? line.substr(name.size()) : std::string_view{};
    };
    State state;
    field("hardshell-log-state ");
    state.base = TRY(parse_decimal(field("base ")));
    state.generation = TRY(parse_decimal(field("generation ")));
    state.head.size = TRY(parse_decimal(field("size ")));
    state.head.root = TRY(crypto::digest_from(TRY(base::from_base64(field("root ")))));
    state.signed_ms = static_cast<base::WallTime_ms>(TRY(parse_decimal(field("time "))));
    if (state.text() != whole || state.base > state.head.size) {
        return fail(Code::corrupt, "a field is out of place");
    }
    return state;
}

Result<std::optional<LogCore::State>> LogCore::read_state(Storage& storage) {
    const auto bytes = storage.read(state_name, state_bytes_max);
    if (!bytes && bytes.error().code == Code::not_found) return std::optional<State>{};
    const base::Bytes content = TRY(bytes);
    auto state = parse_state(base::text_of(content));
    if (state) return std::optional<State>(*state);
    return fail(Code::corrupt, fmt::format("the log's {} is damaged ({}); restore it from a copy",
                                           state_name, state.error().what));
}

Epochs::Owner LogCore::owner() const {
    return {options_.origin, keys_.signing, keys_.sealing, random_};
}

Result<std::unique_ptr<LogCore>> LogCore::open(Storage& storage, const LogKeys& keys,
                                               const LogOptions& options, base::Random& random,
                                               base::WallTime_ms now_ms) {
    if (!is_key_name(options.origin)) {
        return fail(Code::invalid_input,
                    "the log's origin must be a URL without scheme and spaces");
    }
    auto state = TRY(read_state(storage));
    if (!state) TRY(expect_no_records(storage));
    if (state && TRY(storage.list("epochs")).empty()) {
        return fail(Code::corrupt,
                    "the log's epochs/ is missing; restore it from a copy, or begin a new log in "
                    "another folder");
    }
    const Epochs::Owner owner{options.origin, keys.signing, keys.sealing, random};
    auto epochs = TRY(Epochs::open(storage, owner, now_ms));
    auto journal = TRY(Journal::open(storage, options.journal_bytes));
    auto tiles = TRY(TileWriter::open(storage, state ? state->base : 0));
    std::unique_ptr<LogCore> core(new LogCore(storage, keys, options, random, std::move(epochs),
                                              std::move(journal), std::move(tiles)));
    TRY(core->recover(state.value_or(State{.head = {0, empty_root()}}), now_ms));
    return core;
}

Result<> LogCore::recover(const State& state, base::WallTime_ms now_ms) {
    state_ = state;
    last_signed_ms_ = state.signed_ms;
    TRY(replay());
    if (tiles_.tree().size() < state.head.size) {
        return fail(Code::corrupt,
                    fmt::format("the log holds {} records, but {} were signed: it was cut or its "
                                "journal damaged; restore the folder from a copy, or begin a new "
                                "log in another folder",
                                tiles_.tree().size(), state.head.size));
    }
    next_index_ = tiles_.tree().size();
    // A checkpoint that was signed but not yet visible is put back, and an epoch's note that a
    // crash left as the last act may be ahead of the state.
    if (epochs_.present().head.size > next_index_) {
        return fail(Code::corrupt,
                    "the log is shorter than its last epoch's beginning; restore "
                    "the folder from a copy");
    }
    return settle(now_ms);
}

// The signed head lies between the base and the end, so replay passes its size.
Result<> LogCore::replay() {
    const auto check_head = [this]() -> Result<> {
        const Tree& tree = tiles_.tree();
        if (tree.size() != state_.head.size || tree.root() == state_.head.root) return {};
        return fail(Code::corrupt,
                    fmt::format("the log's first {} records are not those that were signed; verify "
                                "the folder to see which, and restore it from a copy",
                                tree.size()));
    };
    TRY(check_head());
    Result<> outcome;
    TRY(journal_.replay(state_.generation, state_.base,
                        [&](base::ByteView leaf, const Digest& hash) {
                            if (outcome) outcome = tiles_.append(leaf, hash);
                            if (outcome) outcome = check_head();
                        }));
    return outcome;
}

Result<std::uint64_t> LogCore::commit(std::vector<base::Bytes> leaves, base::WallTime_ms now_ms) {
    const std::uint64_t first = next_index_;
    const std::vector<base::ByteView> views(leaves.begin(), leaves.end());
    std::vector<Digest> hashes(leaves.size());
    hash_leaves(views, hashes);
    std::size_t added = 0;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        CHECK(leaves[i].size() <= leaf_bytes_max);
        if (!journal_.has_room(leaves[i].size())) {
            if (added != 0) TRY(journal_.commit());
            TRY(settle(now_ms));
            added = 0;
        }
        journal_.add(leaves[i], hashes[i], next_index_);
        pending_.push_back({std::move(leaves[i]), hashes[i]});
        ++next_index_;
        ++added;
    }
    if (added != 0) TRY(journal_.commit());
    return first;
}

Result<> LogCore::integrate() {
    for (const Pending& pending : pending_) TRY(tiles_.append(pending.leaf, pending.hash));
    pending_.clear();
    return {};
}

Result<> LogCore::checkpoint(base::WallTime_ms now_ms) {
    TRY(integrate());
    if (tiles_.tree().size() == state_.head.size) return {};
    TRY(tiles_.write_unfinished(Storage::Sync::later));
    return sign({tiles_.tree().size(), tiles_.tree().root()}, now_ms);
}

// Durable as the last signed head first, released second: one size never gets a second root.
Result<> LogCore::sign(const Head& head, base::WallTime_ms now_ms) {
    CHECK(head.size > state_.head.size || head == state_.head);
    state_.head = head;
    state_.signed_ms = std::max<base::WallTime_ms>(now_ms, 0);
    TRY(storage_.replace(state_name, base::bytes_of(state_.text()), Storage::Sync::name));
    return publish();
}

Result<> LogCore::publish() {
    const Checkpoint checkpoint{options_.origin, state_.head, {}};
    const std::string epoch_name = epoch_key_name(options_.origin);
    const std::array<NoteSigner, 2> signers{NoteSigner{options_.origin, keys_.signing},
                                            NoteSigner{epoch_name, epochs_.key()}};
    const std::string note = sign_note(checkpoint.text(), signers);
    return storage_.replace(checkpoint_name, base::bytes_of(note), Storage::Sync::later);
}

Result<> LogCore::settle(base::WallTime_ms now_ms) {
    TRY(integrate());
    TRY(tiles_.make_durable());
    state_.base = tiles_.tree().size();
    state_.generation = random_number(random_);
    TRY(sign({tiles_.tree().size(), tiles_.tree().root()}, now_ms));
    TRY(storage_.sync_folders());
    journal_.restart(state_.generation);
    return tiles_.remove_obsolete();
}

Result<> LogCore::advance_epoch(base::WallTime_ms now_ms) {
    TRY(settle(now_ms));
    TRY(epochs_.advance(owner(), state_.head, now_ms));
    return publish();
}

}  // namespace hs::audit
