#include "skills/front_matter.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <streambuf>

#include "wire/utf8.h"

namespace hs::skills {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

// Builds the value from the parser's events. The first fault is kept and all that follows ignored.
class Builder final : public YAML::EventHandler {
  public:
    bool failed() const { return !fault_.empty(); }
    base::Failure failure() const {
        return fail(too_much_ ? Code::exhausted : Code::invalid_input,
                    fmt::format("the front matter, line {}: {}", line_ + 2, fault_));
    }
    Json take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (may_go_on(mark, anchor, "")) scalar(mark, Json(""));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        stop(mark, "aliases (*name) are not taken; write the value out");
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        if (!may_go_on(mark, anchor, tag)) return;
        if (!wire::is_utf8(value)) return stop(mark, "a value is not UTF-8");
        const bool is_plain = tag == "?";
        if (is_plain && !expects_key() && (value == "true" || value == "false")) {
            return scalar(mark, Json(value == "true"));
        }
        scalar(mark, Json(value));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        if (may_go_on(mark, anchor, tag)) open(mark, Json(wire::JsonArray{}));
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        if (may_go_on(mark, anchor, tag)) open(mark, Json(wire::JsonObject{}));
    }
    void OnMapEnd() override { close(); }

  private:
    struct Level {
        Json value;
        std::string key;
        bool has_key = false;
    };

    bool expects_key() const {
        return !levels_.empty() && levels_.back().value.object() != nullptr &&
               !levels_.back().has_key;
    }
    bool may_go_on(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag) {
        if (failed()) return false;
        if (++values_ > front_matter_values_max) {
            too_much_ = true;
            stop(mark, fmt::format("more than {} values", front_matter_values_max));
        } else if (anchor != YAML::NullAnchor) {
            stop(mark, "anchors (&name) are not taken; write the value out");
        } else if (!tag.empty() && tag != "?" && tag != "!") {
            stop(mark, "tags (!name) are not taken");
        }
        return !failed();
    }
    void open(const YAML::Mark& mark, Json value) {
        if (expects_key()) return stop(mark, "a key must be text");
        if (levels_.size() >= front_matter_depth_max) {
            too_much_ = true;
            return stop(mark, fmt::format("deeper than {} levels", front_matter_depth_max));
        }
        levels_.push_back({std::move(value), "", false});
    }
    void close() {
        if (failed() || levels_.empty()) return;
        Json done = std::move(levels_.back().value);
        levels_.pop_back();
        place({}, std::move(done));
    }
    void scalar(const YAML::Mark& mark, Json value) {
        if (expects_key()) {
            Level& level = levels_.back();
            level.key = *value.text();
            level.has_key = true;
            if (level.value.object()->contains(level.key)) {
                stop(mark, fmt::format("the key \"{}\" stands twice", level.key));
            }
            return;
        }
        place(mark, std::move(value));
    }
    void place(const YAML::Mark& mark, Json value) {
        if (levels_.empty()) {
            if (has_root_) return stop(mark, "one mapping was expected");
            root_ = std::move(value);
            has_root_ = true;
            return;
        }
        Level& level = levels_.back();
        if (level.value.object() != nullptr) {
            level.value[level.key] = std::move(value);
            level.has_key = false;
        } else {
            level.value.push(std::move(value));
        }
    }
    void stop(const YAML::Mark& mark, std::string what) {
        if (failed()) return;
        fault_ = std::move(what);
        line_ = mark.line;
    }

    std::vector<Level> levels_;
    Json root_;
    bool has_root_ = false;
    bool too_much_ = false;
    std::size_t values_ = 0;
    std::string fault_;
    int line_ = 0;
};

// Lets the parser read the text where it lies.
class View final : public std::streambuf {
  public:
    explicit View(std::string_view text) {
        char* begin = const_cast<char*>(text.data());
        setg(begin, begin, begin + text.size());
    }
};

Result<Json> parse_yaml(std::string_view text) {
    Builder builder;
    // yaml-cpp throws; its exceptions end here.
    try {
        View view(text);
        std::istream stream(&view);
        YAML::Parser parser(stream);
        parser.HandleNextDocument(builder);
    } catch (const YAML::Exception& error) {
        if (builder.failed()) return builder.failure();
        return fail(Code::invalid_input,
                    fmt::format("the front matter, line {}: {}", error.mark.line + 2, error.msg));
    } catch (const std::exception& error) {
        return fail(Code::invalid_input, fmt::format("the front matter: {}", error.what()));
    }
    if (builder.failed()) return builder.failure();
    Json value = builder.take();
    if (value.object() == nullptr) {
        return fail(Code::invalid_input, "the front matter must be a mapping (name: value)");
    }
    return value;
}

// The line at the front without its end, and the rest.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) {
        line.remove_suffix(1);
    }
    return line;
}

}  // namespace

Result<FrontMatter> split_front_matter(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::string_view rest = text;
    if (take_line(rest) != "---") {
        return fail(Code::not_found, "SKILL.md must begin with a line \"---\" and front matter");
    }
    const std::string_view yaml_begin = rest;
    FrontMatter found;
    for (std::size_t line = 2; !rest.empty(); ++line) {
        const std::size_t before = rest.size();
        const std::string_view one = take_line(rest);
        const std::size_t size = yaml_begin.size() - before;
        if (size > front_matter_bytes_max) break;
        if (one != "---" && one != "...") continue;
        const std::string_view yaml = yaml_begin.substr(0, size);
        if (yaml.find('\0') != std::string_view::npos) {
            return fail(Code::invalid_input, "the front matter holds a NUL byte");
        }
        found.value = TRY(parse_yaml(yaml));
        found.body = rest;
        found.body_line = line + 1;
        return found;
    }
    if (yaml_begin.size() > front_matter_bytes_max) {
        return fail(Code::exhausted, fmt::format("the front matter is longer than {} KiB",
                                                 front_matter_bytes_max >> 10U));
    }
    return fail(Code::invalid_input, "the front matter has no closing line \"---\"");
}

}  // namespace hs::skills
