#include "skills/scan/file_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/unicode.h"
#include "skills/scan/decode.h"
#include "wire/utf8.h"

namespace hs::skills {

namespace {

using namespace std::string_view_literals;

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
    std::string lower(text);
    for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return std::any_of(ends.begin(), ends.end(),
                       [&lower](auto end) { return lower.ends_with(end); });
}

bool is_picture(std::string_view path) {
    return ends_with_any(path, {".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".svg", ".pdf",
                                ".ttf", ".woff", ".woff2", ".mp3", ".mp4", ".wav", ".txt", ".md"});
}

// "zip", "gzip", …, or empty.
std::string_view archive_kind(std::string_view bytes) {
    if (bytes.starts_with("PK\x03\x04"sv)) return "zip";
    if (bytes.starts_with("\x1f\x8b"sv)) return "gzip";
    if (bytes.starts_with("7z\xbc\xaf\x27\x1c"sv)) return "7z";
    if (bytes.starts_with("Rar!"sv)) return "rar";
    if (bytes.starts_with("\xfd"
                          "7zXZ"sv))
        return "xz";
    if (bytes.starts_with("BZh"sv)) return "bzip2";
    if (bytes.starts_with("\x28\xb5\x2f\xfd"sv)) return "zstd";
    if (bytes.size() > 262 && bytes.substr(257, 5) == "ustar") return "tar";
    return {};
}

// Bit 0 of the general purpose flags (APPNOTE 4.4.4): the entry is encrypted.
bool is_locked_zip(std::string_view bytes) {
    for (std::size_t at = 0; at + 8 < bytes.size(); ++at) {
        at = bytes.find("PK\x03\x04"sv, at);
        if (at == std::string_view::npos || at + 8 >= bytes.size()) return false;
        if ((static_cast<unsigned char>(bytes[at + 6]) & 1U) != 0) return true;
    }
    return false;
}

Finding finding(std::string_view rule, Severity severity, const TreeFile& file, std::string message,
                std::string fix) {
    Finding made;
    made.rule = rule;
    made.severity = severity;
    made.file = file.path;
    made.message = std::move(message);
    made.fix = std::move(fix);
    made.tags = {"ASI04"};
    return made;
}

void check_archive(const TreeFile& file, std::string_view kind, std::vector<Finding>& findings) {
    const bool is_document =
        ends_with_any(file.path, {".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".dotx",
                                  ".potx", ".epub", ".docm", ".xlsm"});
    if (kind == "zip" && is_locked_zip(file.text())) {
        findings.push_back(finding("file.locked-archive", Severity::critical, file,
                                   "a locked archive, whose content nobody can check",
                                   "unpack it into the skill"));
    } else if (is_document) {
        if (ends_with_any(file.path, {".docm", ".xlsm"})) {
            findings.push_back(finding("file.macros", Severity::medium, file,
                                       "a document that can hold macros",
                                       "use one without macros"));
        }
    } else if (is_picture(file.path)) {
        findings.push_back(finding("file.false-ending", Severity::high, file,
                                   fmt::format("a {} archive under a false name", kind),
                                   "remove it"));
    } else {
        findings.push_back(finding("file.archive", Severity::medium, file,
                                   fmt::format("a {} archive, which was not looked into", kind),
                                   "unpack it into the skill"));
    }
}

bool is_zero_width(char32_t point) {
    return point == 0x200B || point == 0x200C || point == 0x200D || point == 0x2060 ||
           point == 0xFEFF || point == 0x180E || point == 0x00AD ||
           (point >= 0x2061 && point <= 0x2064) || point == 0x115F || point == 0x3164;
}
bool is_direction_change(char32_t point) {
    return (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}
bool is_tag(char32_t point) {
    return point >= 0xE0000 && point <= 0xE007F;
}
bool is_selector(char32_t point) {
    return point >= 0xE0100 && point <= 0xE01EF;
}

// Where Unicode itself needs joiners: scripts that join, and emoji.
bool joins_here(char32_t before, char32_t after) {
    const auto takes = [](char32_t point) {
        return (point >= 0x0590 && point <= 0x0DFF) || point >= 0x1F000 ||
               (point >= 0x2190 && point <= 0x2BFF) || point == 0xFE0F;
    };
    return takes(before) || takes(after);
}

class Characters {
  public:
    explicit Characters(const TreeFile& file) : file_(file) {}

    void read() {
        std::string_view text = file_.text();
        char32_t before = 0;
        while (!text.empty()) {
            const char32_t point = wire::take_code_point(text);
            if (point == '\n') end_run();
            std::string_view ahead = text;
            const char32_t after = ahead.empty() ? 0 : wire::take_code_point(ahead);
            take(point, before, after);
            if (!is_zero_width(point)) before = point;
            if (point == '\n') ++line_;
        }
        end_run();
    }
    void report(std::vector<Finding>& findings);
    std::vector<Unseen> spelled;

  private:
    void take(char32_t point, char32_t before, char32_t after) {
        if (point == 0x1F3F4) in_flag_ = true;  // the flags of England, Scotland, Wales are tags
        if (is_tag(point)) {
            if (in_flag_) {
                in_flag_ = point != 0xE007F;
                return;
            }
            ++tags_;
            first(tags_line_);
            if (point >= 0xE0020 && point < 0xE007F) run_ += static_cast<char>(point - 0xE0000);
            return;
        }
        if (point != 0x1F3F4) in_flag_ = false;
        if (is_selector(point)) {
            ++selectors_;
            first(selectors_line_);
            run_ += static_cast<char>(point - 0xE0100 + 16);
            return;
        }
        if (is_direction_change(point)) {
            ++directions_;
            first(directions_line_);
        }
        if (is_zero_width(point) && !(line_ == 1 && before == 0) && !joins_here(before, after)) {
            ++zero_width_;
            first(zero_width_line_);
            if (point == 0x200B || point == 0x200C || point == 0x200D)
                bits_ += point == 0x200B ? '0' : '1';
        }
        has_right_to_left_ = has_right_to_left_ || (point >= 0x0590 && point <= 0x08FF);
        mixed(point);
    }
    // A Latin word with a Cyrillic or Greek letter that looks Latin.
    void mixed(char32_t point) {
        const auto script = policy::script_of(point);
        const bool is_letter = script == policy::Script::latin ||
                               script == policy::Script::cyrillic ||
                               script == policy::Script::greek;
        if (is_letter) {
            word_.push_back(point);
            return;
        }
        const bool has_latin =
            std::any_of(word_.begin(), word_.end(), [](char32_t p) { return p < 0x80; });
        const bool has_other = std::any_of(word_.begin(), word_.end(), [](char32_t p) {
            return policy::script_of(p) != policy::Script::latin;
        });
        if (word_.size() >= 4 && has_latin && has_other) {
            ++mixed_;
            first(mixed_line_);
        }
        word_.clear();
    }
    void first(std::size_t& line) const {
        if (line == 0) line = line_;
    }
    void end_run() {
        if (run_.size() >= 4) spelled.push_back({run_, line_});
        run_.clear();
        std::string decoded;
        for (std::size_t i = 0; i + 8 <= bits_.size(); i += 8) {
            int value = 0;
            for (std::size_t k = 0; k < 8; ++k) value = value * 2 + (bits_[i + k] - '0');
            decoded += static_cast<char>(value);
        }
        const auto visible = std::count_if(decoded.begin(), decoded.end(),
                                           [](char c) { return c >= 0x20 && c < 0x7f; });
        if (decoded.size() >= 3 && static_cast<std::size_t>(visible) == decoded.size()) {
            spelled.push_back({decoded, line_});
        }
        bits_.clear();
    }

    const TreeFile& file_;
    std::size_t line_ = 1;
    std::string run_;
    std::string bits_;
    std::vector<char32_t> word_;
    bool in_flag_ = false;
    bool has_right_to_left_ = false;
    std::size_t tags_ = 0, tags_line_ = 0;
    std::size_t selectors_ = 0, selectors_line_ = 0;
    std::size_t directions_ = 0, directions_line_ = 0;
    std::size_t zero_width_ = 0, zero_width_line_ = 0;
    std::size_t mixed_ = 0, mixed_line_ = 0;
};

void Characters::report(std::vector<Finding>& findings) {
    const auto add = [&](std::string_view rule, Severity severity, std::size_t line,
                         std::string what) {
        Finding made = finding(rule, severity, file_, std::move(what), "remove them");
        made.line = line;
        made.tags = {"ASI01", "AML.T0068"};
        findings.push_back(std::move(made));
    };
    if (tags_ > 0) {
        add("unicode.tags", Severity::critical, tags_line_,
            fmt::format("{} invisible tag characters, which spell text that only a model reads",
                        tags_));
    }
    if (selectors_ >= 4) {
        add("unicode.selectors", Severity::critical, selectors_line_,
            fmt::format("{} invisible variation selectors in a row can carry text", selectors_));
    }
    if (!spelled.empty() && tags_ == 0 && selectors_ < 4) {
        add("unicode.hidden-text", Severity::critical, spelled.front().line,
            "invisible characters that spell text");
    } else if (zero_width_ >= 8) {
        add("unicode.invisible", Severity::high, zero_width_line_,
            fmt::format("{} invisible characters", zero_width_));
    } else if (zero_width_ > 0) {
        add("unicode.invisible", Severity::medium, zero_width_line_,
            fmt::format("{} invisible characters between letters", zero_width_));
    }
    if (directions_ > 0) {
        add("unicode.direction", has_right_to_left_ ? Severity::low : Severity::high,
            directions_line_,
            "characters that change the direction of text, so that it reads otherwise than it "
            "runs");
    }
    if (mixed_ > 0) {
        add("unicode.look-alike", mixed_ > 3 ? Severity::high : Severity::medium, mixed_line_,
            "words that mix Latin letters with others that look like them");
    }
}

}  // namespace

bool is_text_file(std::string_view bytes) {
    const std::string_view head = bytes.substr(0, 8192);
    if (head.find('\0') != std::string_view::npos) return false;
    const auto odd = std::count_if(head.begin(), head.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r' &&
               c != '\f' && c != 0x1b;
    });
    return static_cast<std::size_t>(odd) * 20 <= head.size();
}

void check_kind(const TreeFile& file, std::vector<Finding>& findings) {
    const std::string_view bytes = file.text();
    const std::string_view name = std::string_view(file.path).substr(file.path.rfind('/') + 1);
    if (is_program_image(bytes)) {
        const bool lies = is_picture(file.path);
        findings.push_back(finding(
            lies ? "file.false-ending" : "file.program", lies ? Severity::critical : Severity::high,
            file,
            lies ? "a program under a false name" : "a compiled program, which cannot be read",
            "ship source, or name a package of a package manager"));
        return;
    }
    if (const auto kind = archive_kind(bytes); !kind.empty()) check_archive(file, kind, findings);
    if (ends_with_any(file.path,
                      {".pyc", ".pyo", ".jar", ".class", ".exe", ".dll", ".dylib", ".so", ".msi",
                       ".dmg", ".pkg", ".scr", ".apk", ".deb", ".rpm", ".node", ".lnk", ".hta"})) {
        findings.push_back(finding("file.program", Severity::high, file,
                                   "compiled or installable, which cannot be read", "ship source"));
    }
    const bool is_text = is_text_file(bytes);
    if (is_text && bytes.starts_with("#!") && is_picture(file.path)) {
        findings.push_back(finding("file.false-ending", Severity::high, file,
                                   "a script under a false name", "name it after what it is"));
    }
    const bool is_svg = ends_with_any(file.path, {".svg"});
    if (is_svg && (bytes.find("<script") != std::string_view::npos ||
                   bytes.find("onload=") != std::string_view::npos ||
                   bytes.find("javascript:") != std::string_view::npos)) {
        findings.push_back(finding("file.active-picture", Severity::high, file,
                                   "a picture with a script in it", "remove the script"));
    }
    if (bytes.starts_with("%PDF") && (bytes.find("/JavaScript") != std::string_view::npos ||
                                      bytes.find("/Launch") != std::string_view::npos)) {
        findings.push_back(finding("file.active-document", Severity::high, file,
                                   "a document that runs something when it is opened",
                                   "remove it"));
    }
    if (name.starts_with('.') &&
        ends_with_any(name, {".sh", ".py", ".js", ".mjs", ".rb", ".pl", ".ps1"})) {
        findings.push_back(finding("file.hidden-code", Severity::medium, file,
                                   "code in a file that listings leave out", "rename it"));
    }
}

std::vector<Unseen> check_characters(const TreeFile& file, std::vector<Finding>& findings) {
    Characters characters(file);
    characters.read();
    characters.report(findings);
    return std::move(characters.spelled);
}

}  // namespace hs::skills
