#include "channels/text.h"

#include <algorithm>

namespace hs::channels {

using Dialect = Traits::Dialect;

namespace {

constexpr std::string_view fence = "```";

// The last place at most `most` where the text may be cut: after an empty line, a line, a space;
// not before a third of it is used.
std::size_t cut_at(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text.size();
    for (const std::string_view between : {"\n\n", "\n", " "}) {
        const std::size_t at = text.rfind(between, most - between.size());
        if (at != std::string_view::npos && at > most / 3) return at + between.size();
    }
    std::size_t at = most;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80) --at;
    return at == 0 ? most : at;
}

// The fence line that is open at the end of the text, or empty.
std::string open_fence(std::string_view text, std::string before) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        if (line.starts_with(fence)) before = before.empty() ? std::string(line) : "";
        at = end + 1;
    }
    return before;
}

void trim_end(std::string& text) {
    while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
}

// Puts a word joiner of no width behind the sign, so that nobody is called.
void break_calls(std::string& text) {
    for (const std::string_view call : {"@everyone", "@here", "@channel"}) {
        for (std::size_t at = text.find(call); at != std::string::npos;
             at = text.find(call, at + call.size() + 3)) {
            text.insert(at + 1, "\u2060");
        }
    }
}

std::string escaped_for_slack(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&') {
            out += "&amp;";
        } else if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else {
            out += c;
        }
    }
    return out;
}

// One line of Markdown outside code: headings and ** become bold, [text](url) a link.
class SlackLine {
  public:
    explicit SlackLine(std::string_view line) : line_(line) {}
    std::string written() {
        std::size_t marks = 0;
        while (marks < line_.size() && line_[marks] == '#') ++marks;
        const bool heading = marks > 0 && marks <= 6 && marks < line_.size() && line_[marks] == ' ';
        if (heading) at_ = marks + 1;
        if (heading) out_ += '*';
        while (at_ < line_.size()) step(heading);
        if (heading) out_ += '*';
        return std::move(out_);
    }

  private:
    void step(bool in_heading) {
        if (line_[at_] == '`') return code();
        if (line_.substr(at_).starts_with("**")) {
            if (!in_heading) out_ += '*';
            at_ += 2;
            return;
        }
        if (line_[at_] == '[' && link()) return;
        out_ += escaped_for_slack(line_.substr(at_, 1));
        ++at_;
    }
    void code() {
        const std::size_t end = line_.find('`', at_ + 1);
        const std::size_t past = end == std::string_view::npos ? line_.size() : end + 1;
        out_ += escaped_for_slack(line_.substr(at_, past - at_));
        at_ = past;
    }
    bool link() {
        const std::size_t middle = line_.find("](", at_);
        const std::size_t end = middle == std::string_view::npos ? middle : line_.find(')', middle);
        if (end == std::string_view::npos) return false;
        const std::string_view url = line_.substr(middle + 2, end - middle - 2);
        const std::string_view label = line_.substr(at_ + 1, middle - at_ - 1);
        const bool web = url.starts_with("https://") || url.starts_with("http://");
        if (!web || url.find_first_of("|<> ") != std::string_view::npos) return false;
        // The address is shown, so that a label cannot lie about it.
        out_ += escaped_for_slack(label) + " <" + escaped_for_slack(url) + ">";
        at_ = end + 1;
        return true;
    }
    std::string_view line_;
    std::size_t at_ = 0;
    std::string out_;
};

std::string for_slack(std::string_view text) {
    std::string out;
    bool in_code = false;
    std::size_t at = 0;
    while (at <= text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        if (line.starts_with(fence)) {
            in_code = !in_code;
            out += fence;
        } else {
            out += in_code ? escaped_for_slack(line) : SlackLine(line).written();
        }
        if (end == text.size()) break;
        out += '\n';
        at = end + 1;
    }
    return out;
}

std::string as_plain(std::string_view text) {
    std::string out(text);
    for (std::size_t at = out.find("**"); at != std::string::npos; at = out.find("**", at)) {
        out.erase(at, 2);
    }
    return out;
}

}  // namespace

std::vector<std::string> split_markdown(std::string_view text, std::size_t bytes_max) {
    std::vector<std::string> pieces;
    std::string open;  // the fence line that the piece before left open
    while (!text.empty() && pieces.size() < pieces_max) {
        std::string piece = open.empty() ? "" : open + "\n";
        // Room to close a code block that is cut.
        const std::size_t room = bytes_max - std::min(piece.size() + 8, bytes_max / 2);
        const bool whole = text.size() + piece.size() <= bytes_max;
        const std::size_t cut = whole ? text.size() : cut_at(text, room);
        piece += text.substr(0, cut);
        open = open_fence(text.substr(0, cut), open);
        text.remove_prefix(cut);
        trim_end(piece);
        if (!open.empty() && !text.empty()) piece += "\n```";
        if (!piece.empty()) pieces.push_back(std::move(piece));
    }
    if (!text.empty() && !pieces.empty()) {
        constexpr std::string_view note = "\n[The rest is left out; see hardshell sessions.]";
        std::string& last = pieces.back();
        last.resize(cut_at(last, std::min(last.size(), bytes_max - note.size())));
        last += note;
    }
    if (pieces.empty()) pieces.emplace_back("(no answer)");
    return pieces;
}

std::string shortened(std::string_view text, std::size_t bytes_max) {
    std::size_t at = std::min(text.size(), bytes_max);
    while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80) {
        --at;
    }
    return std::string(text.substr(0, at));
}

std::string rendered(std::string_view markdown, Dialect dialect) {
    std::string out = dialect == Dialect::slack   ? for_slack(markdown)
                      : dialect == Dialect::plain ? as_plain(markdown)
                                                  : std::string(markdown);
    break_calls(out);
    return out;
}

}  // namespace hs::channels
