#include "skills/scan/view.h"

#include <algorithm>

#include "skills/scan/expression.h"

namespace hs::skills {

namespace {

constexpr std::size_t passage_bytes_max = 8'192;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && std::string_view(" \t\r").find(text.back()) != std::string_view::npos) {
        text.remove_suffix(1);
    }
    return text;
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
    return std::any_of(ends.begin(), ends.end(), [text](auto end) { return text.ends_with(end); });
}

struct LineSource {
    std::string_view rest;
    std::size_t number;  // of the line that comes next

    bool next(std::string_view& line) {
        if (rest.empty()) return false;
        const std::size_t end = rest.find('\n');
        line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        ++number;
        return true;
    }
};

// A passage that is longer than its maximum is cut into overlapping pieces.
void add(std::vector<Passage>& out, Passage passage) {
    constexpr std::size_t overlap = 512;
    while (passage.text.size() > passage_bytes_max) {
        Passage piece = passage;
        piece.text.resize(passage_bytes_max);
        const std::size_t cut = passage_bytes_max - overlap;
        passage.line = passage.line_at(cut);
        std::vector<std::size_t> begins;
        for (const std::size_t begin : passage.line_begins) {
            if (begin > cut) begins.push_back(begin - cut);
        }
        passage.line_begins = std::move(begins);
        passage.text.erase(0, cut);
        out.push_back(std::move(piece));
    }
    out.push_back(std::move(passage));
}

// Markdown, one line at a time.
class ProseReader {
  public:
    explicit ProseReader(std::size_t first_line) : first_(first_line) {}

    std::vector<Passage> read(std::string_view text) {
        LineSource lines{text, first_ - 1};
        std::string_view line;
        while (lines.next(line)) take(line, lines.number);
        end_paragraph();
        end_fence();
        if (!comment_.text.empty()) add(out_, std::move(comment_));
        return std::move(out_);
    }

  private:
    void take(std::string_view line, std::size_t number) {
        const std::string_view bare = trimmed(line);
        if (!fence_.empty()) return take_fenced(line, bare, number);
        if (in_comment_) return take_comment(line, number);
        if (bare.starts_with("```") || bare.starts_with("~~~")) return begin_fence(bare, number);
        const std::size_t comment = line.find("<!--");
        if (comment != std::string_view::npos) {
            take(line.substr(0, comment), number);
            in_comment_ = true;
            comment_ = {};
            comment_.place = Place::hidden;
            comment_.line = number;
            return take_comment(line.substr(comment + 4), number);
        }
        if (hides(bare)) {
            Passage hidden;
            hidden.place = Place::hidden;
            hidden.text = std::string(bare);
            hidden.line = number;
            return add(out_, std::move(hidden));
        }
        if (bare.empty()) {
            end_paragraph();
            was_blank_ = true;
            return;
        }
        if (bare.front() == '#') {
            end_paragraph();
            // A title names the subject; only a section's heading says how it is meant.
            heading_ = bare.starts_with("##") ? std::string(bare) : std::string();
            lead_.clear();
        }
        const bool is_item = bare.starts_with("- ") || bare.starts_with("* ") ||
                             bare.starts_with("|") || bare.starts_with("+ ") ||
                             (bare[0] >= '0' && bare[0] <= '9');
        if (is_item || bare.front() == '#') end_paragraph();
        append(bare, number, is_item);
        if (bare.front() == '#') end_paragraph();
    }

    // [//]: # (…) is a comment in every Markdown dialect; CSS can make text vanish.
    static bool hides(std::string_view bare) {
        static const Expression css(
            R"((?i)style\s*=\s*["'][^"']*(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?:[;"'\s]|$)|color\s*:\s*(?:white|transparent|#fff))|<[^>]+\shidden[\s>])");
        return bare.starts_with("[//]: #") || bare.starts_with("[comment]: #") ||
               bare.starts_with("[_]: #") || css.matches(bare);
    }

    void append(std::string_view bare, std::size_t number, bool is_item) {
        if (paragraph_.text.empty()) {
            paragraph_ = {};
            paragraph_.line = number;
            is_item_ = is_item;
        } else {
            paragraph_.text += ' ';
            paragraph_.line_begins.push_back(paragraph_.text.size());
        }
        paragraph_.text += bare;
        was_blank_ = false;
    }

    void end_paragraph() {
        if (paragraph_.text.empty()) return;
        paragraph_.is_warned = (warns(heading_) || warns(lead_)) && !demands(paragraph_.text);
        if (!is_item_ && paragraph_.text.front() != '#') lead_ = paragraph_.text;
        add(out_, std::move(paragraph_));
        paragraph_ = {};
    }

    void begin_fence(std::string_view bare, std::size_t number) {
        const std::string above = paragraph_.text;
        end_paragraph();
        const char mark = bare.front();
        std::size_t size = 0;
        while (size < bare.size() && bare[size] == mark) ++size;
        fence_ = std::string(size, mark);
        fence_name_ = std::string(trimmed(bare.substr(size)));
        fence_line_ = number + 1;
        fence_warned_ = warns(above.empty() ? lead_ : above) || warns(heading_);
        fence_text_.clear();
    }

    void take_fenced(std::string_view line, std::string_view bare, std::size_t number) {
        if (bare.starts_with(fence_) &&
            bare.find_first_not_of(fence_[0]) == std::string_view::npos) {
            (void)number;
            return end_fence();
        }
        fence_text_ += line;
        fence_text_ += '\n';
    }

    void end_fence() {
        if (fence_.empty()) return;
        const bool is_text = fence_name_ == "markdown" || fence_name_ == "md" ||
                             fence_name_ == "text" || fence_name_ == "txt";
        std::vector<Passage> inside =
            is_text
                ? ProseReader(fence_line_).read(fence_text_)
                : view_code(fence_text_, language_of("x." + fence_name_, fence_text_), fence_line_);
        for (Passage& passage : inside) {
            passage.is_warned = passage.is_warned || fence_warned_ ||
                                (passage.place == Place::comment && warns(passage.text));
            add(out_, std::move(passage));
        }
        fence_.clear();
    }

    void take_comment(std::string_view line, std::size_t number) {
        const std::size_t end = line.find("-->");
        if (!comment_.text.empty()) {
            comment_.text += ' ';
            comment_.line_begins.push_back(comment_.text.size());
        } else {
            comment_.line = number;
        }
        comment_.text += trimmed(line.substr(0, end));
        if (end == std::string_view::npos) return;
        in_comment_ = false;
        if (!comment_.text.empty()) add(out_, std::move(comment_));
        comment_ = {};
        take(line.substr(end + 3), number);
    }

    std::size_t first_;
    std::vector<Passage> out_;
    Passage paragraph_;
    Passage comment_;
    std::string heading_;
    std::string lead_;  // the last paragraph that is no list item
    std::string fence_;
    std::string fence_name_;
    std::string fence_text_;
    std::size_t fence_line_ = 0;
    bool fence_warned_ = false;
    bool in_comment_ = false;
    bool is_item_ = false;
    bool was_blank_ = false;
};

bool is_comment(std::string_view bare, Language language) {
    if (language == Language::javascript) {
        return bare.starts_with("//") || bare.starts_with("/*") || bare.starts_with("* ");
    }
    return (bare.starts_with("#") && !bare.starts_with("#!")) || bare.starts_with("//");
}

bool continues(std::string_view line, Language language) {
    if (line.ends_with('\\')) return true;
    return (language == Language::shell || language == Language::none) &&
           ends_with_any(line, {"|", "&&", "||"});
}

int depth_change(std::string_view line) {
    int change = 0;
    for (const char c : line) {
        if (c == '[' || c == '{' || c == '(') ++change;
        if (c == ']' || c == '}' || c == ')') --change;
    }
    return change;
}

}  // namespace

std::size_t Passage::line_at(std::size_t offset) const {
    const auto end = std::upper_bound(line_begins.begin(), line_begins.end(), offset);
    return line + static_cast<std::size_t>(end - line_begins.begin());
}

bool demands(std::string_view text) {
    static const Expression expression(
        R"((?i)\b(?:prerequisites?|required|you must (?:first|run|install|execute)|before (?:using|you|continu)|first[, ]+(?:run|install|execute)|to (?:install|set ?up|enable|activate|initiali[sz]e)|run (?:this|the following|these)|execute (?:this|the following)|paste (?:this|the following)|set ?up:?$|quick ?start|installation)\b)");
    return expression.matches(text);
}

std::string_view sentence_at(std::string_view text, std::size_t offset) {
    offset = std::min(offset, text.size());
    std::size_t begin = 0;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        const bool ends = (text[i] == '.' || text[i] == '!' || text[i] == '?' || text[i] == ';') &&
                          text[i + 1] == ' ';
        if (!ends) continue;
        if (i >= offset) return text.substr(begin, i - begin);
        begin = i + 2;
    }
    return text.substr(begin);
}

bool warns(std::string_view text) {
    static const Expression prohibits(
        R"((?i)\b(?:never|do not|don't|avoid|must not|should not|shouldn't|mustn't|refuse to|stop if|instead of)\s+(?:ever\s+|blindly\s+|directly\s+|simply\s+|just\s+|try(?:ing)? to\s+)?(?:run|running|execut|pip(?:e|ing)|us(?:e|ing)|past|install|curl|follow|trust|obey|comply|do this|download|read|access|send|writ|copy|eval|hard-?cod|commit|put|stor|log|print|expos|shar|includ|add|act|ask|upload|touch|edit|chang|modif|delet|echo|cat))");
    static const Expression names(
        R"((?i)\b(?:malicious|attack(?:er|ers|s)?\b|injection|injected|red flags?|suspicious|unsafe|insecure|vulnerab\w+|anti-?patterns?|exploit\w*|phish\w*|threats?\b|compromised|dangerous|bad (?:example|practice)|flag(?:s|ged)? (?:any|if|as|when|these|lines|patterns|commands|text|skills|files)|(?:look|scan|watch|search)(?:s|ing)? (?:out )?for|detect(?:s|ed|ing|ion)?\b|reject(?:s|ed)?\b|report (?:any|them|it) as|indicators? of|examples? of (?:bad|what not)|what not to|block(?:s|ed)? (?:by|any|commands)|deny|denies|denylist|blocklist|warning signs?|\bwrong\b|❌))");
    if (text.empty()) return false;
    if (prohibits.matches(text)) return true;
    return names.matches(text) && !demands(text);
}

Language language_of(std::string_view path, std::string_view text) {
    std::string lower(path);
    for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    if (ends_with_any(lower,
                      {".sh", ".bash", ".zsh", ".fish", ".command", ".shell", ".console", ".ksh",
                       ".terminal", "dockerfile", "makefile", ".bashrc", ".envrc"})) {
        return Language::shell;
    }
    if (ends_with_any(lower, {".py", ".python", ".pyw", ".python3", ".ipynb"}))
        return Language::python;
    if (ends_with_any(
            lower, {".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".javascript", ".typescript"})) {
        return Language::javascript;
    }
    if (ends_with_any(lower, {".ps1", ".psm1", ".bat", ".cmd", ".powershell"}))
        return Language::powershell;
    const std::string_view first = text.substr(0, std::min<std::size_t>(text.find('\n'), 200));
    if (first.starts_with("#!")) {
        if (first.find("python") != std::string_view::npos) return Language::python;
        if (first.find("node") != std::string_view::npos) return Language::javascript;
        if (first.find("sh") != std::string_view::npos) return Language::shell;
        return Language::other;
    }
    if (lower == "x." || lower.starts_with("x. ")) return Language::shell;  // a fence without name
    return Language::other;
}

bool is_prose_file(std::string_view path) {
    return ends_with_any(path, {".md", ".markdown", ".MD", ".txt", ".rst", ".mdx", ".adoc", ".html",
                                ".htm"}) &&
           !path.ends_with("requirements.txt");
}

std::vector<Passage> view_prose(std::string_view text, std::size_t first_line) {
    return ProseReader(first_line).read(text);
}

std::vector<Passage> view_code(std::string_view text, Language language, std::size_t first_line) {
    static const Expression defines(
        R"((?i)(?:pattern|rule|signature|block_?list|deny|forbid|suspicious|danger|indicator|ioc|banned|sensitive|ignor|exclud|skip|protected|never|malicious|check|redact)\w*["']?\s*(?::\s*[\w\[\], .]+)?[:=]{1,2}\s*(?:\w+\()?\s*(?:re\.compile\()?[\[{(])");
    static const Expression searches(
        R"((?:re\.(?:compile|search|match|findall|finditer)\(|\b(?:grep|rg|ag|egrep)\b\s+(?:-\S+\s+)*["']|new RegExp\(|\.(?:includes|test|match|startsWith)\(|\bin line\b|\bin text\b))");
    std::vector<Passage> out;
    LineSource lines{text, first_line - 1};
    std::string_view line;
    Passage open;
    std::string_view quote;  // of a docstring
    int definition_depth = 0;
    while (lines.next(line)) {
        const std::string_view bare = trimmed(line);
        if (open.text.empty()) {
            open = {};
            open.line = lines.number;
            open.language = language;
            open.place = is_comment(bare, language) ? Place::comment : Place::code;
        } else {
            open.line_begins.push_back(open.text.size());
        }
        if (language == Language::python) {
            const bool starts =
                quote.empty() && (bare.starts_with("\"\"\"") || bare.starts_with("'''"));
            if (starts) quote = bare.substr(0, 3);
            if (!quote.empty()) {
                open.place = Place::comment;
                const std::size_t end = bare.find(quote, starts ? 3 : 0);
                if (end != std::string_view::npos) quote = {};
            }
        }
        const bool begins_definition = definition_depth == 0 && defines.matches(bare);
        open.is_definition = open.is_definition || definition_depth > 0 || begins_definition ||
                             searches.matches(bare);
        if (begins_definition || definition_depth > 0) {
            definition_depth = std::max(0, definition_depth + depth_change(bare));
        }
        std::string_view kept = bare;
        const bool goes_on = open.place == Place::code && continues(bare, language) &&
                             open.text.size() < passage_bytes_max;
        if (goes_on && kept.ends_with('\\')) kept.remove_suffix(1);
        open.text += kept;
        if (goes_on) {
            open.text += ' ';
            continue;
        }
        if (!open.text.empty()) add(out, std::move(open));
        open = {};
    }
    if (!open.text.empty()) add(out, std::move(open));
    return out;
}

std::vector<Passage> view_file(std::string_view path, std::string_view text) {
    if (is_prose_file(path)) return view_prose(text, 1);
    return view_code(text, language_of(path, text), 1);
}

}  // namespace hs::skills
