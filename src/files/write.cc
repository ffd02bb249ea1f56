#include "files/write.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "files/line_reader.h"
#include "os/folder.h"

namespace hs::files {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Result;
using gate::WriteFile;
using Operation = gate::WriteFile::Operation;

namespace {

// One change of one name in one open folder.
class Change {
  public:
    Change(const WriteFile& action, const ChangeContext& context)
        : action_(action), context_(context), shown_(context.roots.shown(action.path)) {}

    Result<> open() {
        const bool removes = action_.content_sha256.empty();
        folder_ = TRY(context_.roots.hold_folder(
            action_.path, removes ? MissingFolders::refuse : MissingFolders::make));
        return {};
    }

    // What is there now, which must be what was approved.
    Result<Bytes> before() {
        if (action_.before_sha256.empty()) {
            if (os::facts_in(folder_.fd.get(), folder_.name).ok()) return changed_meanwhile();
            return Bytes();
        }
        auto held = os::open_exact(folder_.fd.get(), folder_.name, O_PATH);
        if (!held) return changed_meanwhile();
        before_facts_ = TRY(os::facts_of(held->get()));
        const os::Fd file = TRY(open_for_reading(*held, *before_facts_, shown_));
        Bytes bytes = TRY(os::read_all(file.get(), Checkpoints::content_bytes_max));
        if (hex_sha256(bytes) != action_.before_sha256) return changed_meanwhile();
        return bytes;
    }

    Result<> apply(ByteView content) {
        if (action_.content_sha256.empty()) return remove();
        TRY(make_beside(content));
        auto placed = action_.before_sha256.empty() ? place_new() : place_over();
        if (!placed) (void)os::remove_name(folder_.fd.get(), beside_);
        return placed;
    }
    Result<> sync() const { return os::sync_names(folder_.fd.get()); }

    std::uint32_t mode() const { return before_facts_ ? before_facts_->mode : context_.mode; }

  private:
    base::Failure changed_meanwhile() const {
        return fail(Code::conflict,
                    fmt::format("{} changed after it was looked at; nothing was written. Read it "
                                "again and ask again",
                                shown_));
    }

    void name_beside() {
        beside_ = ".hardshell-" + base::make_id(context_.clock, context_.random) + ".new";
    }

    Result<> make_beside(ByteView content) {
        name_beside();
        const os::Fd file =
            TRY(os::open_exact(folder_.fd.get(), beside_, O_WRONLY | O_CREAT | O_EXCL, 0600));
        auto done = fill(file, content);
        if (!done) {
            (void)os::remove_name(folder_.fd.get(), beside_);
            return fail(done.error().code, fmt::format("{}: {}", shown_, done.error().what));
        }
        return {};
    }
    Result<> fill(const os::Fd& file, ByteView content) const {
        TRY(os::write_all(file.get(), content));
        os::FileFacts wanted = TRY(os::facts_of(file.get()));
        wanted.mode = context_.mode;
        if (before_facts_) wanted = *before_facts_;
        TRY(os::set_mode_and_owner(file.get(), wanted));
        return os::sync_data(file.get());
    }

    Result<> place_new() {
        auto placed = os::rename_to_free_name(folder_.fd.get(), beside_, folder_.name);
        if (!placed && placed.error().code == Code::conflict) return changed_meanwhile();
        return placed;
    }

    // After the exchange the old file has our name: if it is not what was approved, back it goes.
    Result<> place_over() {
        TRY(os::exchange_names(folder_.fd.get(), beside_, folder_.name));
        const auto out = digest_of_name(beside_);
        if (!out || *out != action_.before_sha256) {
            TRY(os::exchange_names(folder_.fd.get(), beside_, folder_.name));
            return changed_meanwhile();
        }
        auto removed = os::remove_name(folder_.fd.get(), beside_);
        if (!removed) TRY(os::exchange_names(folder_.fd.get(), beside_, folder_.name));
        return removed;
    }

    Result<> remove() {
        name_beside();
        TRY(os::rename_to_free_name(folder_.fd.get(), folder_.name, beside_));
        const auto out = digest_of_name(beside_);
        if (!out || *out != action_.before_sha256) {
            TRY(os::rename_to_free_name(folder_.fd.get(), beside_, folder_.name));
            return changed_meanwhile();
        }
        return os::remove_name(folder_.fd.get(), beside_);
    }

    Result<std::string> digest_of_name(const std::string& name) const {
        const os::Fd held = TRY(os::open_exact(folder_.fd.get(), name, O_PATH));
        const os::Fd file = TRY(open_for_reading(held, TRY(os::facts_of(held.get())), shown_));
        return base::to_hex(
            TRY(crypto::sha256_of_descriptor(file.get(), Checkpoints::content_bytes_max)));
    }

    const WriteFile& action_;       // outlives this
    const ChangeContext& context_;  // outlives this
    std::string shown_;
    HeldFolder folder_;
    std::string beside_;
    std::optional<os::FileFacts> before_facts_;
};

Result<> require_approved_bytes(const WriteFile& action, ByteView content) {
    const bool removes = action.content_sha256.empty();
    const bool shape_holds =
        removes
            ? content.empty() && !action.before_sha256.empty() &&
                  (action.operation == Operation::remove || action.operation == Operation::restore)
            : action.operation != Operation::remove && hex_sha256(content) == action.content_sha256;
    if (shape_holds) return {};
    return fail(Code::denied,
                "the bytes are not those that were approved; nothing was written, ask again");
}

}  // namespace

Result<Changed> change_file(gate::Permit<WriteFile> permit, ByteView content,
                            const ChangeContext& context) {
    TRY(begin(permit, context.clock));
    const WriteFile& action = permit.action();
    TRY(require_approved_bytes(action, content));
    Change change(action, context);
    TRY(change.open());
    const Bytes before = TRY(change.before());
    Checkpoint facts;
    facts.path = action.path;
    facts.operation = action.operation;
    facts.session = context.session;
    facts.decision = permit.id();
    facts.before_sha256 = action.before_sha256;
    facts.after_sha256 = action.content_sha256;
    facts.mode = change.mode();
    const std::string checkpoint = TRY(context.checkpoints.keep(std::move(facts), before));
    auto done = change.apply(content);
    if (!done) {
        context.checkpoints.drop(checkpoint);
        return std::move(done).failure();
    }
    TRY(change.sync());  // from here on the change is there, and so is its checkpoint
    return Changed{checkpoint, action};
}

}  // namespace hs::files
