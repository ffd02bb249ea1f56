#include "detect/window.h"

#include <algorithm>
#include <string>

#include "detect/decode.h"
#include "detect/injection.h"
#include "detect/personal.h"

namespace hs::detect {

namespace {

constexpr std::size_t word_bytes = 64;
constexpr unsigned run_bytes_min = 24;

bool of_base64(char byte) {
    return is_word(byte) || byte == '+' || byte == '/' || byte == '-';
}

template <class Look>
void for_each_bit(std::uint64_t bits, std::size_t base, Look&& look) {
    while (bits != 0) {
        look(base + static_cast<std::size_t>(std::countr_zero(bits)));
        bits &= bits - 1;
    }
}

}  // namespace

void Window::fill(std::size_t from) {
    for (std::size_t word = 0; word <= words; ++word) {
        const std::size_t at = from + word * word_bytes;
        if (at + word_bytes <= text_.size()) {
            masks_[word] = masks_of(text_.data() + at);
            continue;
        }
        std::array<char, word_bytes> rest{};
        if (at < text_.size()) std::memcpy(rest.data(), text_.data() + at, text_.size() - at);
        masks_[word] = masks_of(rest.data());
    }
}

void Window::look_digits(std::size_t base, std::size_t word, Report& report) {
    const ByteMasks& here = masks_[word];
    const ByteMasks& next = masks_[word + 1];
    const bool digit_before = base > 0 && is_digit(text_[base - 1]);
    for_each_bit(here.digits & ~((here.digits << 1) | (digit_before ? 1U : 0U)), base,
                 [&](std::size_t at) {
                     const auto place = static_cast<unsigned>(at - base);
                     const std::uint64_t ahead = moved_down(here.digits, next.digits, place);
                     const std::uint64_t dots = moved_down(here.dots, next.dots, place);
                     const bool lettered = at > 0 && is_letter(text_[at - 1]);
                     if (at >= addresses_done_ && (dots & 0x10) + (dots & 0xE) != 0 &&
                         std::popcount(dots & 0x7FFF) >= 3) {
                         addresses_done_ = look_ipv4(text_, at, report);
                     }
                     if (at < numbers_done_) return;
                     constexpr std::uint64_t near = 0xFFFFFF;
                     const int digits = std::popcount(ahead & near);
                     if (lettered) {
                         if (digits < 6 && !(is_upper(text_[at - 1]) && digits >= 4)) return;
                         numbers_done_ = look_lettered(text_, at, report);
                         return;
                     }
                     if (digits < 7) return;
                     numbers_done_ = look_number(text_, at, report);
                     // 12345678Z and 010180-123A begin with digits and end in a letter.
                     if (numbers_done_ < text_.size() &&
                         (is_upper(text_[numbers_done_]) || text_[numbers_done_] == '-')) {
                         numbers_done_ = std::max(numbers_done_, look_lettered(text_, at, report));
                     }
                 });
}

void Window::look_signs(std::size_t base, std::size_t word, Report& report) {
    const ByteMasks& here = masks_[word];
    if (wanted_.personal) {
        for_each_bit(here.at_signs, base, [&](std::size_t at) { look_mail(text_, at, report); });
        for_each_bit(here.colons, base, [&](std::size_t at) {
            if (at < colons_done_ || at + 1 >= text_.size()) return;
            const char before = at > 0 ? text_[at - 1] : ' ';
            const char after = text_[at + 1];
            if ((!is_hex(before) && before != ':') || (!is_hex(after) && after != ':')) return;
            colons_done_ = look_colons(text_, at, report);
        });
    }
    if (wanted_.injection) {
        for_each_bit(here.high, base, [&](std::size_t at) {
            if (at >= hidden_done_) hidden_done_ = look_hidden(text_, at, report);
        });
    }
    if (depth_ >= depth_max) return;
    for_each_bit(here.escapes, base, [&](std::size_t at) {
        if (at < escapes_done_ || at + 2 >= text_.size()) return;
        if (text_[at] == '%') {
            if (is_hex(text_[at + 1]) && is_hex(text_[at + 2])) look_percent(at, report);
            return;
        }
        const bool unit = text_.substr(at + 1, 3) == "u00";
        const bool slashes = text_.substr(at, 4) == "\\/\\/";
        if (unit || slashes) look_escape(at, report);
    });
}

void Window::look_runs(std::size_t base, std::size_t word, Report& report) {
    std::uint64_t low = masks_[word].base64;
    std::uint64_t high = masks_[word + 1].base64;
    for (const unsigned by : {1U, 2U, 4U, 8U, 8U}) {
        low &= moved_down(low, high, by);
        high &= high >> by;
    }
    const std::uint64_t starts = low & ~((low << 1) | (run_before_ ? 1U : 0U));
    run_before_ = (low >> 63) != 0;
    for_each_bit(starts, base, [&](std::size_t at) {
        if (at >= run_done_) look_run(at, report);
    });
}

std::size_t Window::past_run(std::size_t at) const {
    const std::size_t last = std::min(text_.size(), at + carrier_bytes_max);
    while (at < last && of_base64(text_[at])) ++at;
    return at;
}

// A bot token of Discord, and Airtable's, are runs around dots.
void Window::look_bot_token(std::size_t begin, std::size_t end, Report& report) {
    const std::string_view rest = text_.substr(end, 72);
    if (end - begin <= 30 && rest.size() > 36 && rest[0] == '.' && rest[7] == '.') {
        const std::size_t last = past_run(end + 8);
        const std::string id = decode_base64(text_.substr(begin, end - begin));
        const bool digits = id.size() >= 17 && std::all_of(id.begin(), id.end(), is_digit);
        if (digits && last - end - 8 >= 27 && last - end - 8 <= 40) {
            report.add("discord-bot-token", Family::secret, begin, last, 0.95);
        }
    }
}

void Window::look_run(std::size_t at, Report& report) {
    std::size_t begin = at;
    std::size_t end = past_run(at);
    run_done_ = end;
    if (!wanted_.is_binary && end < text_.size() && text_[end] == '.')
        look_bot_token(begin, end, report);
    if (depth_ >= depth_max) return;
    const std::string_view run = text_.substr(begin, end - begin);
    const bool hex =
        run.size() >= 32 && run.size() % 2 == 0 && made_of(run.substr(0, 32), Alphabet::hex);
    if (hex) {
        if (!is_text(decode_hex(run.substr(0, 32))) || !budget_.take(run.size() / 2)) return;
        return scan_inside(decode_hex(run), begin, end, "hex", report);
    }
    if (!is_text(decode_base64(run.substr(0, run_bytes_min)))) return;
    // Lines of MIME or YAML: the run goes on after the newline and its indent.
    std::string joined;
    while (end < text_.size() && end - begin < carrier_bytes_max && run.size() >= 48) {
        std::size_t next = end;
        while (next < text_.size() && next - end < 40 && is_space(text_[next])) ++next;
        if (next == end || text_.substr(end, next - end).find('\n') == std::string_view::npos)
            break;
        const std::size_t after = past_run(next);
        if (after - next < 4 ||
            text_.substr(next, after - next).find('-') != std::string_view::npos)
            break;
        if (after < text_.size() && text_[after] == ':') break;
        end = after;
    }
    run_done_ = end;
    if (!budget_.take((end - begin) / 4 * 3)) return;
    scan_inside(decode_base64(text_.substr(begin, end - begin)), begin, end, "base64", report);
}

void Window::look_percent(std::size_t at, Report& report) {
    const auto ends = [](char byte) {
        return byte <= ' ' || byte == '"' || byte == '\'' || byte == '<' || byte == '>' ||
               byte == '`';
    };
    std::size_t begin = at;
    while (begin > 0 && at - begin < 512 && !ends(text_[begin - 1])) --begin;
    std::size_t end = at;
    while (end < text_.size() && end - begin < 4096 && !ends(text_[end])) ++end;
    escapes_done_ = end;
    if (end - begin < 12 || !budget_.take(end - begin)) return;
    scan_inside(decode_percent(text_.substr(begin, end - begin)), begin, end, "url", report);
}

void Window::look_escape(std::size_t at, Report& report) {
    std::size_t begin = at;
    while (begin > 0 && at - begin < 512 && text_[begin - 1] != '\n') --begin;
    std::size_t end = at;
    while (end < text_.size() && end - begin < 4096 && text_[end] != '\n') ++end;
    escapes_done_ = end;
    if (!budget_.take(end - begin)) return;
    scan_inside(decode_escapes(text_.substr(begin, end - begin)), begin, end, "escapes", report);
}

void Window::scan_inside(std::string_view decoded, std::size_t begin, std::size_t end,
                         const char* encoding, Report& report) {
    if (decoded.size() < 12) return;
    Report inner;
    Window window(decoded, wanted_, depth_ + 1, budget_);
    window.scan(0, decoded.size(), inner);
    const bool wraps = encoding[0] == 'b' || encoding[0] == 'h';
    for (const Span& span : inner.settle()) {
        // In running text the carrier is a whole line: only what the plain scan could not see.
        if (!wraps && span.family == Family::personal) continue;
        if (span.confidence < 0.5) continue;
        report.add({span.kind, span.family, begin, end, span.confidence * 0.97, encoding});
    }
}

void Window::scan_block(std::size_t from, std::size_t to, Report& report) {
    fill(from);
    for (std::size_t word = 0; word * word_bytes < to - from; ++word) {
        const std::size_t base = from + word * word_bytes;
        const ByteMasks& here = masks_[word];
        if (wanted_.personal && here.digits != 0) look_digits(base, word, report);
        if ((here.at_signs | here.colons | here.high | here.escapes) != 0)
            look_signs(base, word, report);
        if (wanted_.secrets) look_runs(base, word, report);
    }
}

void Window::scan(std::size_t from, std::size_t to, Report& report) {
    to = std::min(to, text_.size());
    const Catalogue& catalogue = Catalogue::instance();
    run_before_ = from > 0 && of_base64(text_[from - 1]);
    for (std::size_t at = from; at < to; at += words * word_bytes) {
        const std::size_t end = std::min(to, at + words * word_bytes);
        catalogue.scan(text_, at, end, wanted_, report);
        scan_block(at, end, report);
    }
}

}  // namespace hs::detect
