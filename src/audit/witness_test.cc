// Hostile witness requests and proofs first; then a log that is witnessed, cut, and found out.
#include "audit/witness.h"

#include <gtest/gtest.h>

#include "audit/fixture.h"
#include "audit/proof.h"
#include "audit/read.h"
#include "audit/verify.h"

namespace hs::audit {
namespace {

using base::Code;

class WitnessTest : public testing::Test {
  protected:
    void SetUp() override {
        fixture::build_log(folder.log(), 300);
        reader = std::make_unique<Reader>(*Reader::open(folder.log()));
        witness = open();
    }
    std::unique_ptr<Witness> open(std::uint64_t seed = 5) {
        base::ScriptedRandom random(seed);
        Witness::Parts parts{folder.path + "/witness",
                             "witness.example/w1",
                             crypto::SigningKey::generate(random),
                             {log_key()}};
        auto made = Witness::open(std::move(parts), clock);
        if (!made) return nullptr;
        return std::move(*made);
    }
    static VerifierKey log_key() {
        return {"test.example/log", fixture::make_keys().signing.public_key()};
    }
    // A checkpoint of the first `size` records, signed by the log's key.
    std::string checkpoint_at(std::uint64_t size, std::uint64_t first_changed = UINT64_MAX) const {
        Tree tree;
        for (std::uint64_t i = 0; i < size; ++i) {
            tree.append(leaf_hash(fixture::leaf_number(i < first_changed ? i : i + 5000)));
        }
        const LogKeys keys = fixture::make_keys();
        const Checkpoint checkpoint{log_key().name, {size, tree.root()}, {}};
        const std::string name = log_key().name;
        const NoteSigner signer{name, keys.signing};
        return sign_note(checkpoint.text(), {&signer, 1});
    }
    Proof proof_between(std::uint64_t from, std::uint64_t to) const {
        std::vector<Digest> leaves;
        for (std::uint64_t i = 0; i < to; ++i) {
            leaves.push_back(leaf_hash(fixture::leaf_number(i)));
        }
        return *consistency_proof(from, to, [&](unsigned height, std::uint64_t at) {
            const std::size_t count = std::size_t{1} << height;
            std::vector<Digest> level(
                leaves.begin() + static_cast<std::ptrdiff_t>(at * count),
                leaves.begin() + static_cast<std::ptrdiff_t>((at + 1) * count));
            while (level.size() > 1) {
                for (std::size_t i = 0; i < level.size() / 2; ++i) {
                    level[i] = node_hash(level[2 * i], level[2 * i + 1]);
                }
                level.resize(level.size() / 2);
            }
            return base::Result<Digest>(level[0]);
        });
    }
    WitnessAnswer add(std::uint64_t from, std::uint64_t to) {
        return witness->add_checkpoint(
            WitnessRequest{from, proof_between(from, to), checkpoint_at(to)}.text());
    }

    fixture::Folder folder;
    base::ScriptedClock clock{1'700'000'000'000};
    std::unique_ptr<Reader> reader;
    std::unique_ptr<Witness> witness;
};

TEST_F(WitnessTest, NonsenseIsRefusedByTheStatusOfTheSpecification) {
    for (const char* body : {"", "old", "old -1\n\n", "old 01\n\nx", "old 0\nnothash\n\n",
                             "old 0\n", "new 0\n\n", "old 0\n\nno note"}) {
        EXPECT_EQ(witness->add_checkpoint(body).status, 400) << body;
    }
    std::string endless = "old 0\n";
    for (int i = 0; i < 64; ++i) endless += base::to_base64(empty_root()) + "\n";
    EXPECT_EQ(witness->add_checkpoint(endless + "\nx").status, 400);
    EXPECT_EQ(witness->add_checkpoint(std::string(70'000, 'a')).status, 400);
    EXPECT_EQ(witness->add_checkpoint(WitnessRequest{9, {}, checkpoint_at(5)}.text()).status, 400);
}

TEST_F(WitnessTest, AnotherOriginIs404AndAForgedSignatureIs403) {
    const LogKeys keys = fixture::make_keys(9);
    const std::string mine = log_key().name;
    const std::string other = "other.example/log";
    const Head head{1, leaf_hash(fixture::leaf_number(0))};
    const NoteSigner stranger{other, keys.signing};
    const NoteSigner forger{mine, keys.signing};
    const std::string foreign =
        sign_note(Checkpoint{other, head, {}}.text(), std::span(&stranger, 1));
    const std::string forged = sign_note(Checkpoint{mine, head, {}}.text(), std::span(&forger, 1));
    EXPECT_EQ(witness->add_checkpoint(WitnessRequest{0, {}, foreign}.text()).status, 404);
    EXPECT_EQ(witness->add_checkpoint(WitnessRequest{0, {}, forged}.text()).status, 403);
    EXPECT_EQ(witness->latest(origin_name(mine)).error().code, Code::not_found);
}

TEST_F(WitnessTest, ASecondHistoryAndAStepBackAreNotCosigned) {
    ASSERT_EQ(add(0, 100).status, 200);
    const auto behind = witness->add_checkpoint(WitnessRequest{0, {}, checkpoint_at(50)}.text());
    EXPECT_EQ(behind.status, 409);
    EXPECT_EQ(behind.content_type, "text/x.tlog.size");
    EXPECT_EQ(behind.body, "100\n");
    const WitnessRequest same{100, {}, checkpoint_at(100, 70)};
    EXPECT_EQ(witness->add_checkpoint(same.text()).status, 422);
    const WitnessRequest grown{100, proof_between(100, 200), checkpoint_at(200, 70)};
    EXPECT_EQ(witness->add_checkpoint(grown.text()).status, 422);
    EXPECT_EQ(witness->add_checkpoint(WitnessRequest{100, {}, checkpoint_at(200)}.text()).status,
              422);
    EXPECT_EQ(add(100, 200).status, 200);
}

TEST_F(WitnessTest, WhatItCosignedVerifiesAndOutlivesARestart) {
    ASSERT_EQ(add(0, 100).status, 200);
    ASSERT_EQ(add(100, 100).status, 200);  // the same head again
    ASSERT_EQ(add(100, 250).status, 200);
    const WitnessKey key = witness->public_key();
    witness = open();
    ASSERT_NE(witness, nullptr);
    const auto text = witness->latest(origin_name(log_key().name));
    ASSERT_TRUE(text);
    const auto note = parse_note(*text);
    ASSERT_TRUE(note);
    EXPECT_EQ(*verify_cosignature(*note, key), 1'700'000'000);
    EXPECT_EQ(parse_checkpoint(note->text)->head.size, 250U);
    EXPECT_EQ(note->signatures.size(), 2U);
    EXPECT_EQ(witness->add_checkpoint(WitnessRequest{0, {}, checkpoint_at(5)}.text()).status, 409);
    EXPECT_EQ(open(6), nullptr) << "another key's folder was taken over";
}

TEST_F(WitnessTest, AWitnessKeyHasOneTextAndIsNoLogKey) {
    const WitnessKey key = witness->public_key();
    EXPECT_EQ(*parse_witness_key(key.text()), key);
    EXPECT_FALSE(parse_verifier_key(key.text()));
    EXPECT_FALSE(parse_witness_key(log_key().text()));
    EXPECT_FALSE(parse_witness_key("witness.example/w1"));
    std::string wrong = key.text();
    wrong[wrong.find('+') + 1] ^= 1;
    EXPECT_FALSE(parse_witness_key(wrong));
}

TEST_F(WitnessTest, ALogThatIsBehindItsWitnessIsNotVerified) {
    ASSERT_EQ(add(0, 300).status, 200);
    const std::string seen = *witness->latest(origin_name(log_key().name));
    VerifyOptions options;
    options.witnessed = {{seen, witness->public_key()}};
    EXPECT_TRUE(verify_folder(folder.log(), options)->verified());
    const fixture::Folder restored;
    fixture::build_log(restored.log(), 200);  // the same records, fewer of them
    EXPECT_TRUE(verify_folder(restored.log(), {})->verified());
    const auto report = verify_folder(restored.log(), options);
    ASSERT_FALSE(report->verified());
    EXPECT_EQ(report->problems[0].fault, Fault::truncated);
    EXPECT_EQ(report->first_bad(), 200U);
    base::ScriptedRandom random(77);
    options.witnessed[0].key->key = crypto::SigningKey::generate(random).public_key();
    EXPECT_FALSE(verify_folder(folder.log(), options)->verified());
}

TEST_F(WitnessTest, AProofHoldsForItsRecordAloneAndUnderItsKeyAlone) {
    for (const std::uint64_t index : {0U, 255U, 256U, 299U}) {
        const auto proof = parse_portable_proof(*reader->portable_proof(index));
        ASSERT_TRUE(proof) << proof.error().what;
        EXPECT_EQ(proof->text(), *reader->portable_proof(index));
        ASSERT_TRUE(check_portable_proof(*proof, {log_key(), {}}));
        PortableProof changed = *proof;
        changed.leaf[3] ^= 1U;
        EXPECT_EQ(check_portable_proof(changed, {log_key(), {}}).error().code, Code::denied);
        changed = *proof;
        changed.index ^= 1U;
        EXPECT_FALSE(check_portable_proof(changed, {log_key(), {}}));
        changed = *proof;
        changed.hashes.pop_back();
        EXPECT_FALSE(check_portable_proof(changed, {log_key(), {}}));
        changed.leaf.clear();
        EXPECT_EQ(check_portable_proof(changed, {log_key(), {}}).error().code, Code::invalid_input);
        const VerifierKey other{log_key().name, fixture::make_keys(3).signing.public_key()};
        EXPECT_EQ(check_portable_proof(*proof, {other, {}}).error().code, Code::denied);
        EXPECT_EQ(check_portable_proof(*proof, {log_key(), witness->public_key()}).error().code,
                  Code::not_found);
    }
    for (const char* text :
         {"", "c2sp.org/tlog-proof@v1\n\n", "c2sp.org/tlog-proof@v1\nindex x\n\n",
          "c2sp.org/tlog-proof@v2\nindex 1\n\nx",
          "c2sp.org/tlog-proof@v1\nextra ?\nindex 1\n\nx"}) {
        EXPECT_FALSE(parse_portable_proof(text)) << text;
    }
}

}  // namespace
}  // namespace hs::audit
