#include "cedar/typecheck_capability.h"

namespace hs::cedar {
namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t more) {
    hash ^= more + 0x9E37'79B9'7F4A'7C15 + (hash << 6U) + (hash >> 2U);
    hash *= 0xFF51'AFD7'ED55'8CCD;
    return hash ^ (hash >> 33U);
}

constexpr std::uint64_t attribute_seed = 0xA77;
constexpr std::uint64_t tag_seed = 0x7A6;

std::uint64_t hash_attribute(std::uint64_t subject, std::string_view name) {
    return mix(mix(attribute_seed, subject), hash_text(name));
}

// The last attribute step of a subject, which is taken off; false when there is none.
bool take_step(const std::vector<Expr>& nodes, Subject& subject, std::string_view& name) {
    if (!subject.path.empty()) {
        name = subject.path.back();
        subject.path = subject.path.first(subject.path.size() - 1);
        return true;
    }
    const Expr& node = nodes[subject.node];
    if (node.kind != ExprKind::get_attribute) return false;
    name = node.text;
    subject.node = node.operands.front();
    return true;
}

bool same_subject(const std::vector<Expr>& nodes, Subject a, Subject b) {
    while (true) {
        if (a.path.empty() && b.path.empty()) {
            return a.node == b.node || same_expression(nodes, a.node, nodes, b.node);
        }
        std::string_view name_a;
        std::string_view name_b;
        const bool has_a = take_step(nodes, a, name_a);
        const bool has_b = take_step(nodes, b, name_b);
        if (!has_a || !has_b || name_a != name_b) return false;
    }
}

}  // namespace

std::vector<std::uint64_t> hash_nodes(const std::vector<Expr>& nodes) {
    std::vector<std::uint64_t> hashes(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const Expr& node = nodes[i];
        if (node.kind == ExprKind::get_attribute) {
            hashes[i] = hash_attribute(hashes[node.operands.front()], node.text);
            continue;
        }
        std::uint64_t hash =
            mix(static_cast<std::uint64_t>(node.kind) + 1, static_cast<std::uint64_t>(node.number));
        if (!node.text.empty()) hash = mix(hash, hash_text(node.text));
        if (!node.id.empty()) hash = mix(hash, hash_text(node.id));
        for (const std::string& name : node.names) hash = mix(hash, hash_text(name));
        for (const ExprId operand : node.operands) hash = mix(hash, hashes[operand]);
        hashes[i] = hash;
    }
    return hashes;
}

Subject subject_of(ExprId node, const std::vector<std::uint64_t>& hashes) {
    return {node, {}, hashes[node]};
}

Subject extend(const Subject& base, std::span<const std::string> names, std::size_t length) {
    return {base.node, names.first(length), hash_attribute(base.hash, names[length - 1])};
}

Capability attribute_capability(const Subject& subject, std::string_view attribute) {
    return {subject, false, attribute, 0, hash_attribute(subject.hash, attribute)};
}

Capability tag_capability(const Subject& subject, ExprId tag,
                          const std::vector<std::uint64_t>& hashes) {
    return {subject, true, {}, tag, mix(mix(tag_seed, subject.hash), hashes[tag])};
}

bool same_capability(const std::vector<Expr>& nodes, const Capability& a, const Capability& b) {
    if (a.hash != b.hash || a.is_tag != b.is_tag || a.attribute != b.attribute) return false;
    if (a.is_tag && a.tag != b.tag && !same_expression(nodes, a.tag, nodes, b.tag)) return false;
    return same_subject(nodes, a.subject, b.subject);
}

Capabilities intersect(const std::vector<Expr>& nodes, const Capabilities& a, const Capabilities& b,
                       std::uint64_t& steps) {
    Capabilities both;
    steps += a.size() * b.size();
    for (const Capability& one : a) {
        for (const Capability& other : b) {
            if (!same_capability(nodes, one, other)) continue;
            both.push_back(one);
            break;
        }
    }
    return both;
}

bool CapabilityScope::holds(const std::vector<Expr>& nodes, const Capability& wanted,
                            std::uint64_t& steps) const {
    steps += held_.size();
    for (auto it = held_.rbegin(); it != held_.rend(); ++it) {
        if (it->hash == wanted.hash && same_capability(nodes, *it, wanted)) return true;
    }
    return false;
}

}  // namespace hs::cedar
