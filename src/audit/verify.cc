#include "audit/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "audit/tiles.h"
#include "audit/verify_tree.h"
#include "os/file.h"

namespace hs::audit {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t names_max = 2'000'000;
constexpr std::size_t epoch_note_bytes_max = 16384;
constexpr std::size_t foreign_max = 1000;

class FolderCheck {
  public:
    FolderCheck(const std::string& folder, const VerifyOptions& options)
        : folder_(folder), options_(options) {}

    Result<VerifyReport> run() {
        TRY(os::list_folder(folder_, names_max));
        check_epochs();
        check_checkpoint();
        if (has_checkpoint_) check_records();
        find_foreign("", 0);
        return std::move(report_);
    }

  private:
    void report(Fault fault, std::string text, std::optional<std::uint64_t> index = {}) {
        report_.problems.push_back({fault, index, Problem::Reach::from_here, std::move(text)});
    }

    // The chain from the genesis note on, as far as it holds.
    void check_epochs() {
        const auto names = os::list_folder(folder_ + "/epochs", names_max);
        const std::size_t expected =
            names ? static_cast<std::size_t>(std::count_if(
                        names->begin(), names->end(),
                        [](const std::string& name) { return !name.ends_with(".new"); }))
                  : 0;
        for (std::uint64_t number = 0; number < epochs_max; ++number) {
            const auto bytes =
                os::read_text(folder_ + "/" + EpochNote::path(number), epoch_note_bytes_max);
            if (!bytes && bytes.error().code == Code::not_found) break;
            const EpochLink link{number, chain_.empty() ? nullptr : &chain_.back(), log_key()};
            const auto note = bytes ? check_epoch_note(*bytes, link) : bytes.failure();
            if (!note) {
                report(Fault::epoch,
                       fmt::format("{}: {}", EpochNote::path(number), note.error().what));
                break;
            }
            chain_.push_back(*note);
        }
        report_.epochs = chain_.size();
        if (chain_.empty()) {
            if (report_.problems.empty()) report(Fault::epoch, "epochs/000000 is missing");
            return;
        }
        report_.log_key = chain_.front().log_key;
        report_.genesis_key = chain_.front().key;
        if (report_.problems.empty() && chain_.size() != expected) {
            report(Fault::epoch,
                   fmt::format("epochs/ should hold {} notes and nothing else", chain_.size()));
        }
        if (options_.genesis_key && *options_.genesis_key != chain_.front().key) {
            report(Fault::other_log, "the genesis key is not the one that was given");
        }
    }

    const VerifierKey* log_key() const {
        if (options_.log_key) return &*options_.log_key;
        return chain_.empty() ? nullptr : &chain_.front().log_key;
    }

    void check_checkpoint() {
        const auto bytes = os::read_text(folder_ + "/checkpoint", note_bytes_max);
        if (!bytes) return report(Fault::checkpoint, "checkpoint: " + bytes.error().what);
        const auto note = parse_note(*bytes);
        if (!note) return report(Fault::checkpoint, "checkpoint: " + note.error().what);
        const auto checkpoint = parse_checkpoint(note->text);
        if (!checkpoint) return report(Fault::checkpoint, "checkpoint: " + checkpoint.error().what);
        report_.checkpoint = *checkpoint;
        has_checkpoint_ = true;
        if (log_key() == nullptr) return;
        if (checkpoint->origin != log_key()->name) {
            return report(Fault::other_log, fmt::format("the checkpoint belongs to {}, not to {}",
                                                        checkpoint->origin, log_key()->name));
        }
        if (const auto known = verify_note(*note, {log_key(), 1}); !known) {
            report(Fault::signature, "checkpoint: " + known.error().what);
        }
        if (!chain_.empty()) check_epoch_signature(*note);
    }

    // Signed by the last epoch's key; or by the one before it, if the change of epochs was the last
    // thing that happened before the copy was made.
    void check_epoch_signature(const Note& note) {
        const auto last = verify_note(note, {&chain_.back().key, 1});
        if (last) return;
        if (chain_.size() > 1 && report_.checkpoint.head == chain_.back().head) {
            const VerifierKey& before = chain_[chain_.size() - 2].key;
            if (verify_note(note, {&before, 1})) return;
        }
        report(Fault::signature, "checkpoint: " + last.error().what);
    }

    void check_records() {
        const Head& head = report_.checkpoint.head;
        std::vector<SignedHead> heads;
        for (const EpochNote& note : chain_) {
            add_head(heads, note.head, fmt::format("the note of epoch {}", note.number));
        }
        if (options_.since) add_since(heads, *options_.since, "the earlier checkpoint");
        for (const Witnessed& witnessed : options_.witnessed) add_witnessed(heads, witnessed);
        std::stable_sort(heads.begin(), heads.end(), [](const auto& left, const auto& right) {
            return left.head.size < right.head.size;
        });
        heads.push_back({head, "the checkpoint"});
        TreeCheck(folder_, head.size, report_.problems).run(heads);
    }

    void add_head(std::vector<SignedHead>& heads, const Head& head, const std::string& by) {
        const std::uint64_t size = report_.checkpoint.head.size;
        if (head.size <= size) return heads.push_back({head, by});
        report(Fault::truncated,
               fmt::format("the log has {} records, but {} stands for {}", size, by, head.size),
               size);
    }

    void add_since(std::vector<SignedHead>& heads, const std::string& text,
                   const std::string& which) {
        const auto note = parse_note(text);
        const auto checkpoint = note ? parse_checkpoint(note->text) : note.failure();
        if (!checkpoint) {
            return report(Fault::checkpoint, which + " is none: " + checkpoint.error().what);
        }
        if (log_key() == nullptr) return;
        const auto known = verify_note(*note, {log_key(), 1});
        if (!known || checkpoint->origin != log_key()->name) {
            return report(Fault::other_log, which + " belongs to another log");
        }
        add_head(heads, checkpoint->head, which);
    }

    void add_witnessed(std::vector<SignedHead>& heads, const Witnessed& witnessed) {
        const auto note = parse_note(witnessed.note);
        if (note && witnessed.key) {
            const auto vouched = verify_cosignature(*note, *witnessed.key);
            if (!vouched) return report(Fault::signature, vouched.error().what);
        }
        add_since(heads, witnessed.note,
                  witnessed.key ? "the checkpoint of the witness " + witnessed.key->name
                                : "the witness's checkpoint");
    }

    bool is_known(const std::string& path) const {
        const std::string_view name =
            path.ends_with(".new") ? std::string_view(path).substr(0, path.size() - 4) : path;
        if (name == "checkpoint" || name == "journal") return true;
        if (name.starts_with("private/") || name.starts_with("blobs/")) return true;
        if (name.starts_with("epochs/")) {
            const auto number = parse_decimal(
                name.substr(std::min(name.find_first_not_of('0', 7), name.size() - 1)));
            return number && name == EpochNote::path(*number);
        }
        return parse_tile_path(name).has_value();
    }

    void find_foreign(const std::string& folder, unsigned depth) {
        constexpr unsigned depth_max = 10;
        const auto names = os::list_folder(folder_ + "/" + folder, names_max);
        if (!names) return;
        for (const std::string& name : *names) {
            if (report_.foreign.size() >= foreign_max) return;
            const std::string path = folder.empty() ? name : folder + "/" + name;
            if (path == "private" || path == "blobs") continue;
            const auto facts = os::facts_of_path(folder_ + "/" + path);
            const bool is_folder = facts && facts->kind == os::FileFacts::Kind::directory;
            if (is_folder && depth < depth_max) {
                find_foreign(path, depth + 1);
            } else if (!facts || facts->kind != os::FileFacts::Kind::regular || !is_known(path)) {
                report_.foreign.push_back(path);
            }
        }
    }

    const std::string& folder_;
    const VerifyOptions& options_;
    VerifyReport report_;
    std::vector<EpochNote> chain_;
    bool has_checkpoint_ = false;
};

}  // namespace

std::string_view fault_name(Fault fault) {
    constexpr std::array<std::string_view, 11> names = {
        "changed",   "missing",   "reordered", "inserted",   "truncated", "tile",
        "rewritten", "signature", "epoch",     "checkpoint", "other_log"};
    return names[static_cast<std::size_t>(fault)];
}

std::optional<std::uint64_t> VerifyReport::first_bad() const {
    std::optional<std::uint64_t> exact;
    std::optional<std::uint64_t> range;
    for (const Problem& problem : problems) {
        if (!problem.index) continue;
        auto& lowest = problem.reach == Problem::Reach::exact ? exact : range;
        lowest = std::min(lowest.value_or(*problem.index), *problem.index);
    }
    return exact ? exact : range;
}

Result<VerifyReport> verify_folder(const std::string& folder, const VerifyOptions& options) {
    return FolderCheck(folder, options).run();
}

}  // namespace hs::audit
