#include "audit/merkle.h"

#include <gtest/gtest.h>

#include "audit/fixture.h"
#include "audit/note.h"
#include "audit/tiles.h"
#include "wire/json.h"

namespace hs::audit {
namespace {

// RFC 6962, section 2.1, word for word and slowly.
Digest naive_root(std::span<const Digest> leaves) {
    if (leaves.empty()) return empty_root();
    if (leaves.size() == 1) return leaves[0];
    std::size_t split = 1;
    while (split * 2 < leaves.size()) split *= 2;
    return node_hash(naive_root(leaves.first(split)), naive_root(leaves.subspan(split)));
}

std::vector<Digest> make_leaves(std::size_t count) {
    std::vector<Digest> leaves;
    for (std::size_t i = 0; i < count; ++i) {
        leaves.push_back(leaf_hash(base::bytes_of(std::to_string(i))));
    }
    return leaves;
}

SubtreeSource source_of(const std::vector<Digest>& leaves) {
    return [&leaves](unsigned height, std::uint64_t index) -> base::Result<Digest> {
        const std::size_t count = std::size_t{1} << height;
        CHECK((index + 1) * count <= leaves.size());
        return naive_root(std::span(leaves).subspan(index * count, count));
    };
}

TEST(Tree, RootsAgreeWithTheDefinitionAtEverySize) {
    const auto leaves = make_leaves(1030);
    Tree tree;
    EXPECT_EQ(tree.root(), empty_root());
    for (std::size_t size = 1; size <= leaves.size(); ++size) {
        tree.append(leaves[size - 1]);
        if (size < 40 || size % 97 == 0 || (size & 255U) <= 1) {
            ASSERT_EQ(tree.root(), naive_root(std::span(leaves).first(size))) << size;
            const auto again = Tree::from_edges(size, tree.edges());
            EXPECT_EQ(again.ok() ? again->root() : Digest{}, tree.root());
        }
        for (unsigned level = 0; level < tree.edges().size(); ++level) {
            ASSERT_EQ(tree.edges()[level].size(), edge_width(size, level));
        }
    }
    EXPECT_FALSE(Tree::from_edges(5, tree.edges()));
}

// The example of the tlog-tiles specification.
TEST(Tree, WidthsOfTheSpecificationsExample) {
    EXPECT_EQ(edge_width(70'000, 0), 112U);
    EXPECT_EQ(edge_width(70'000, 1), 17U);
    EXPECT_EQ(edge_width(70'000, 2), 1U);
    EXPECT_EQ(level_count(70'000), 3U);
}

TEST(Proofs, EveryInclusionVerifiesAndNoOtherDoes) {
    const auto leaves = make_leaves(40);
    const auto source = source_of(leaves);
    for (std::size_t size = 1; size <= leaves.size(); ++size) {
        const Digest root = naive_root(std::span(leaves).first(size));
        for (std::size_t index = 0; index < size; ++index) {
            auto proof = *inclusion_proof(index, size, source);
            ASSERT_TRUE(includes(leaves[index], index, size, proof, root));
            EXPECT_FALSE(includes(leaves[index], index + 1, size, proof, root));
            EXPECT_FALSE(includes(leaves[(index + 1) % 40], index, size, proof, root));
            EXPECT_FALSE(includes(leaves[index], index, size, proof, empty_root()));
            if (!proof.empty()) {
                proof.pop_back();
                EXPECT_FALSE(includes(leaves[index], index, size, proof, root));
            }
            proof.resize(proof_hashes_max + 1);
            EXPECT_FALSE(includes(leaves[index], index, size, proof, root));
        }
    }
    EXPECT_FALSE(inclusion_proof(40, 40, source));
}

TEST(Proofs, EveryConsistencyVerifiesAndNoOtherDoes) {
    const auto leaves = make_leaves(40);
    const auto source = source_of(leaves);
    const auto head = [&](std::size_t size) {
        return Head{size, naive_root(std::span(leaves).first(size))};
    };
    for (std::size_t from = 0; from <= leaves.size(); ++from) {
        for (std::size_t to = from; to <= leaves.size(); ++to) {
            auto proof = *consistency_proof(from, to, source);
            ASSERT_TRUE(extends(head(from), head(to), proof)) << from << " " << to;
            if (from == 0 || from == to) continue;
            EXPECT_FALSE(extends({from, empty_root()}, head(to), proof));
            EXPECT_FALSE(extends(head(from), {to, empty_root()}, proof));
            EXPECT_FALSE(extends(head(from - 1), head(to), proof));
            proof.push_back(leaves[0]);
            EXPECT_FALSE(extends(head(from), head(to), proof));
        }
    }
    EXPECT_FALSE(extends(head(3), head(2), {}));
    EXPECT_FALSE(extends({3, empty_root()}, head(3), {}));
    EXPECT_FALSE(consistency_proof(3, 2, source));
}

Digest digest_of(const std::string& base64) {
    return *crypto::digest_from(*base::from_base64(base64));
}
Proof proof_of(const wire::Json& item) {
    Proof proof;
    for (const wire::Json& hash : **wire::array_at(item, "proof")) {
        proof.push_back(digest_of(*hash.text()));
    }
    return proof;
}

// Roots and proofs of another implementation (Tessera's test log).
TEST(Proofs, ThirdPartyVectors) {
    const std::string folder = fixture::corpora("tlog");
    if (folder.empty()) GTEST_SKIP() << "no corpora/tlog; set HARDSHELL_CORPORA";
    const auto expected = wire::parse_json(fixture::read_text(folder + "/expected.json"));
    ASSERT_TRUE(expected);
    const wire::Json& log = *expected->find("log");
    Tree tree;
    std::vector<Digest> leaves;
    std::vector<Digest> roots{tree.root()};
    for (const wire::Json& entry : **wire::array_at(log, "entries")) {
        leaves.push_back(leaf_hash(base::bytes_of(*wire::text_at(entry, "data"))));
        EXPECT_EQ(leaves.back(), digest_of(*wire::text_at(entry, "leaf_hash")));
        tree.append(leaves.back());
        roots.push_back(tree.root());
    }
    int checked = 0;
    for (const wire::Json& item : **wire::array_at(log, "checkpoints")) {
        const auto size = static_cast<std::size_t>(*wire::integer_at(item, "size"));
        EXPECT_EQ(roots.at(size), digest_of(*wire::text_at(item, "root")));
        ++checked;
    }
    for (const wire::Json& item : **wire::array_at(log, "inclusion")) {
        const auto index = static_cast<std::size_t>(*wire::integer_at(item, "index"));
        const auto size = static_cast<std::size_t>(*wire::integer_at(item, "size"));
        const Proof proof = proof_of(item);
        EXPECT_EQ(*inclusion_proof(index, size, source_of(leaves)), proof);
        EXPECT_TRUE(includes(leaves[index], index, size, proof, roots[size]));
        ++checked;
    }
    for (const wire::Json& item : **wire::array_at(log, "consistency")) {
        const auto from = static_cast<std::size_t>(*wire::integer_at(item, "from"));
        const auto to = static_cast<std::size_t>(*wire::integer_at(item, "to"));
        const Proof proof = proof_of(item);
        EXPECT_EQ(*consistency_proof(from, to, source_of(leaves)), proof);
        EXPECT_TRUE(extends({from, roots[from]}, {to, roots[to]}, proof));
        ++checked;
    }
    EXPECT_EQ(checked, 16 + 120 + 105);
}

TEST(Tiles, NamesGoRoundAndHaveOneForm) {
    const TileName deep{TileName::Kind::hashes, 0, 1234067, tile_width};
    EXPECT_EQ(deep.path(), "tile/0/x001/x234/067");
    EXPECT_EQ(parse_tile_path(deep.path()), deep);
    const TileName partial{TileName::Kind::entries, 0, 7, 12};
    EXPECT_EQ(partial.path(), "tile/entries/007.p/12");
    EXPECT_EQ(parse_tile_path(partial.path()), partial);
    for (const char* bad :
         {"tile/0/x000/067", "tile/8/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/012",
          "tile/0/67", "tile/0/x001", "tile/00/000", "tile/entries/000/", "tile/0/", "tile/0",
          "xtile/0/000", "tile/0/x001x/000", "tile/-1/000",
          "tile/0/x999/x999/x999/x999/x999/x999/999"}) {
        EXPECT_FALSE(parse_tile_path(bad)) << bad;
    }
}

TEST(Tiles, BundlesAreThoseOfOthersAndCutsShow) {
    base::Bytes bundle;
    append_entry(bundle, base::bytes_of("one"));
    EXPECT_EQ(base::to_hex(bundle), "00036f6e65");
    append_entry(bundle, {});
    const Entries whole = split_bundle(bundle);
    EXPECT_EQ(whole.leaves.size(), 2U);
    EXPECT_TRUE(whole.rest.empty());
    bundle.push_back(1);
    EXPECT_EQ(split_bundle(bundle).rest.size(), 1U);
    EXPECT_FALSE(decode_hashes(base::Bytes(33)));
    EXPECT_FALSE(decode_hashes({}));
    EXPECT_FALSE(decode_hashes(base::Bytes(257 * 32)));
    const std::string folder = fixture::corpora("tlog");
    if (folder.empty()) GTEST_SKIP() << "no corpora/tlog; set HARDSHELL_CORPORA";
    for (std::size_t width = 1; width <= 15; ++width) {
        const TileName entries{TileName::Kind::entries, 0, 0, width};
        const TileName hashes{TileName::Kind::hashes, 0, 0, width};
        const std::string bytes = fixture::read_text(folder + "/log/" + entries.path());
        const Entries split = split_bundle(base::bytes_of(bytes));
        const std::string tile = fixture::read_text(folder + "/log/" + hashes.path());
        const auto stored = decode_hashes(base::bytes_of(tile));
        ASSERT_TRUE(stored && stored->size() == width && split.leaves.size() == width);
        for (std::size_t i = 0; i < width; ++i) {
            EXPECT_EQ(leaf_hash(split.leaves[i]), (*stored)[i]);
        }
    }
}

}  // namespace
}  // namespace hs::audit
