#include "policy/manifest.h"

#include <fmt/format.h>

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

std::string hex_of(Sha256 sha256, const std::string& text) {
    return base::to_hex(sha256(base::bytes_of(text)));
}

class Writing {
  public:
    Writing(Sha256 sha256, const KeepText& keep) : sha256_(sha256), keep_(keep) {}

    Result<> add(std::string_view part, const NamedText& file, std::string_view layer = "") {
        if (file.text.empty() && file.name.empty()) return {};
        const std::string digest = hex_of(sha256_, file.text);
        TRY(keep_(digest, file.text));
        Json item = wire::JsonObject{{"part", part}, {"name", file.name}, {"sha256", digest}};
        if (!layer.empty()) item["layer"] = layer;
        files_.push_back(std::move(item));
        return {};
    }
    Result<> add_all(std::string_view part, const std::vector<NamedText>& files) {
        for (const NamedText& file : files) TRY(add(part, file));
        return {};
    }
    Json finish() { return wire::JsonObject{{"files", std::move(files_)}}; }

  private:
    Sha256 sha256_;
    const KeepText& keep_;
    wire::JsonArray files_;
};

Result<> put(PolicySources& sources, std::string_view part, std::string_view layer,
             NamedText file) {
    if (part == "rules" || part == "ceiling") {
        const auto known = layer_from_name(layer);
        if (!known) return fail(Code::invalid_input, "a manifest names a layer that is none");
        const RuleKind kind = part == "rules" ? RuleKind::rules : RuleKind::ceiling;
        sources.files.push_back({*known, kind, std::move(file)});
        return {};
    }
    if (part == "tools") {
        sources.tools = std::move(file);
    } else if (part == "classes") {
        sources.classes = std::move(file);
    } else if (part == "zones") {
        sources.zones.push_back(std::move(file));
    } else if (part == "profile") {
        sources.profiles.push_back(std::move(file));
    } else if (part == "exceptions") {
        sources.exceptions.push_back(std::move(file));
    } else {
        return fail(Code::invalid_input, fmt::format("a manifest names the part \"{}\"", part));
    }
    return {};
}

}  // namespace

Result<Json> manifest_of(const PolicySources& sources, Sha256 sha256, const KeepText& keep) {
    Writing writing(sha256, keep);
    for (const PolicyFile& file : sources.files) {
        TRY(writing.add(file.kind == RuleKind::rules ? "rules" : "ceiling", file.text,
                        layer_name(file.layer)));
    }
    TRY(writing.add("tools", sources.tools));
    TRY(writing.add("classes", sources.classes));
    TRY(writing.add_all("zones", sources.zones));
    TRY(writing.add_all("profile", sources.profiles));
    TRY(writing.add_all("exceptions", sources.exceptions));
    return writing.finish();
}

Result<PolicySources> sources_from(const Json& manifest, Sha256 sha256, const ReadText& read) {
    PolicySources sources;
    const wire::JsonArray& files = *TRY(wire::array_at(manifest, "files"));
    if (files.size() > policy_files_max * 2) {
        return fail(Code::invalid_input, "a manifest names too many files");
    }
    for (const Json& item : files) {
        const std::string digest = TRY(wire::text_at(item, "sha256"));
        NamedText file{TRY(wire::text_at(item, "name")), TRY(read(digest))};
        if (hex_of(sha256, file.text) != digest) {
            return fail(Code::corrupt,
                        fmt::format("the kept file {} of a policy set was changed", digest));
        }
        TRY(put(sources, TRY(wire::text_at(item, "part")), TRY(wire::text_at_or(item, "layer", "")),
                std::move(file)));
    }
    return sources;
}

}  // namespace hs::policy
