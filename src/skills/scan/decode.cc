#include "skills/scan/decode.h"

#include <zlib.h>

#include <algorithm>

#include "base/bytes.h"
#include "skills/scan/expression.h"
#include "wire/utf8.h"

namespace hs::skills {

namespace {

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

int hex_value(char c) {
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

// At least nine tenths visible ASCII, and letters among it.
bool is_readable(std::string_view text) {
    if (text.size() < 6) return false;
    std::size_t visible = 0;
    std::size_t letters = 0;
    for (const char c : text) {
        visible += (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' || c == '\r' ? 1 : 0;
        letters += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? 1 : 0;
    }
    return visible * 10 >= text.size() * 9 && letters * 3 >= text.size();
}

// UTF-16 little endian with Latin letters, as PowerShell has it.
std::string without_zero_bytes(std::string_view text) {
    const auto zeros = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\0'));
    if (zeros * 3 < text.size()) return std::string(text);
    std::string out;
    std::copy_if(text.begin(), text.end(), std::back_inserter(out),
                 [](char c) { return c != '\0'; });
    return out;
}

// zlib, gzip or raw deflate, up to a bound; empty when it is none.
std::string inflate_bounded(std::string_view bytes, int window_bits) {
    z_stream stream{};
    if (::inflateInit2(&stream, window_bits) != Z_OK) return {};
    std::string out(std::size_t{256} << 10U, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = ::inflate(&stream, Z_FINISH);
    const bool has_output = result == Z_STREAM_END || result == Z_BUF_ERROR;
    out.resize(has_output ? stream.total_out : 0);
    ::inflateEnd(&stream);
    return out;
}

class Decoder {
  public:
    void offer(std::string bytes, std::string_view how, std::size_t offset) {
        if (out_.size() >= decoded_items_max || total_ > decoded_bytes_max) return;
        if (is_program_image(bytes)) {
            out_.push_back({std::string(), std::string(how), offset, true});
            return;
        }
        for (const int window : {15 + 32, -15}) {
            const bool has_header = bytes.starts_with("\x1f\x8b") || bytes.starts_with("\x78");
            if (bytes.size() < 16 || (window > 0 && !has_header)) continue;
            std::string inflated = inflate_bounded(bytes, window);
            if (is_readable(inflated)) {
                keep(std::move(inflated), std::string(how) + " and deflate", offset);
                return;
            }
        }
        bytes = without_zero_bytes(bytes);
        if (is_readable(bytes)) keep(std::move(bytes), std::string(how), offset);
    }
    std::vector<Decoded> take() { return std::move(out_); }

  private:
    void keep(std::string text, std::string how, std::size_t offset) {
        total_ += text.size();
        out_.push_back({std::move(text), std::move(how), offset, false});
    }
    std::vector<Decoded> out_;
    std::size_t total_ = 0;
};

void base64_runs(std::string_view text, Decoder& decoder) {
    const auto is_digit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '/' || c == '-' || c == '_';
    };
    for (std::size_t at = 0; at < text.size();) {
        if (!is_digit(text[at])) {
            ++at;
            continue;
        }
        std::size_t end = at;
        std::string digits;
        // Quotes and line ends between long pieces belong to one literal that was wrapped.
        while (end < text.size() && is_digit(text[end])) digits += text[end++];
        if (digits.size() >= 60) {
            std::size_t next = end;
            while (next < text.size() &&
                   std::string_view("\"'\r\n \t\\+").find(text[next]) != std::string_view::npos &&
                   text[next] != '+') {
                ++next;
            }
            std::size_t more_end = next;
            while (more_end < text.size() && is_digit(text[more_end])) ++more_end;
            if (more_end - next >= 16 && next - end <= 24) {
                digits += text.substr(next, more_end - next);
                end = more_end;
            }
        }
        if (digits.size() >= 20 && digits.size() <= decoded_bytes_max) {
            for (char& c : digits) c = c == '-' ? '+' : c == '_' ? '/' : c;
            while (digits.size() % 4 != 0) {
                if (digits.size() % 4 == 1) {
                    digits.pop_back();
                } else {
                    digits += '=';
                }
            }
            if (const auto bytes = base::from_base64(digits)) {
                decoder.offer(std::string(base::text_of(*bytes)), "base64", at);
            } else if (digits.ends_with('=')) {
                // Bits left over: a piece of a longer text; whole groups still tell something.
                digits.resize(digits.size() - 4);
                const auto part = base::from_base64(digits);
                if (part) decoder.offer(std::string(base::text_of(*part)), "base64", at);
            }
        }
        at = end;
    }
}

void hex_runs(std::string_view text, Decoder& decoder) {
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && is_hex(text[end])) ++end;
        if (end - at >= 24) {
            const auto bytes = base::from_hex(text.substr(at, (end - at) / 2 * 2));
            if (bytes) decoder.offer(std::string(base::text_of(*bytes)), "hexadecimal", at);
        }
        at = end == at ? at + 1 : end;
    }
}

// \x41, A, \101, %41: runs of at least six.
void escape_runs(std::string_view text, Decoder& decoder) {
    const auto one_at = [text](std::size_t at, std::size_t& size) -> int {
        const auto hex = [&](std::size_t from, std::size_t count) {
            int value = 0;
            for (std::size_t i = from; i < from + count; ++i) {
                if (i >= text.size() || !is_hex(text[i])) return -1;
                value = value * 16 + hex_value(text[i]);
            }
            return value;
        };
        if (text[at] == '%') {
            size = 3;
            return hex(at + 1, 2);
        }
        if (text[at] != '\\' || at + 1 >= text.size()) return -1;
        if (text[at + 1] == 'x') {
            size = 4;
            return hex(at + 2, 2);
        }
        if (text[at + 1] == 'u') {
            size = 6;
            return hex(at + 2, 4);
        }
        int value = 0;
        std::size_t digits = 0;
        while (digits < 3 && at + 1 + digits < text.size() && text[at + 1 + digits] >= '0' &&
               text[at + 1 + digits] <= '7') {
            value = value * 8 + (text[at + 1 + digits++] - '0');
        }
        size = 1 + digits;
        return digits >= 2 ? value : -1;
    };
    for (std::size_t at = 0; at < text.size();) {
        std::string out;
        std::size_t end = at;
        std::size_t size = 0;
        int value = 0;
        while (end < text.size() && (value = one_at(end, size)) >= 0 && value < 256) {
            out += static_cast<char>(value);
            end += size;
        }
        if (out.size() >= 6) decoder.offer(std::move(out), "escapes", at);
        at = end == at ? at + 1 : end;
    }
}

// 99, 117, 114, 108: at least six numbers, or chr(99)+chr(117) and String.fromCharCode(99,117).
void character_codes(std::string_view text, Decoder& decoder) {
    static const Expression list(R"((?:(?:chr\(|0x)?[0-9a-fA-F]{2,3}\)?[\s,+.]*(?:chr\()?){6,})");
    for (std::size_t at = 0; at < text.size();) {
        const auto found = list.find(text, at);
        if (found.empty()) return;
        const std::string_view run = found[0];
        std::string out;
        for (std::size_t i = 0; i < run.size();) {
            const bool is_hexadecimal = run.substr(i).starts_with("0x");
            if (is_hexadecimal) i += 2;
            int value = 0;
            std::size_t digits = 0;
            while (i < run.size() &&
                   (is_hexadecimal ? is_hex(run[i]) : run[i] >= '0' && run[i] <= '9')) {
                value = value * (is_hexadecimal ? 16 : 10) + hex_value(run[i++]);
                if (++digits > 4) break;
            }
            if (digits > 0 && value < 256) out += static_cast<char>(value);
            if (digits == 0) ++i;
        }
        const auto offset = static_cast<std::size_t>(run.data() - text.data());
        if (out.size() >= 6) decoder.offer(std::move(out), "character codes", offset);
        at = offset + run.size();
    }
}

}  // namespace

bool is_program_image(std::string_view bytes) {
    using namespace std::string_view_literals;
    const bool is_pe = bytes.starts_with("MZ") && bytes.size() > 64 &&
                       bytes.substr(0, 1024).find("PE\0\0"sv) != std::string_view::npos;
    return is_pe ||
           bytes.starts_with(
               "\x7f"
               "ELF") ||
           bytes.starts_with("\xcf\xfa\xed\xfe"sv) || bytes.starts_with("\xce\xfa\xed\xfe"sv) ||
           bytes.starts_with("\xca\xfe\xba\xbe"sv) || bytes.starts_with("\xfe\xed\xfa\xcf"sv);
}

std::vector<Decoded> decode_inside(std::string_view text) {
    Decoder decoder;
    base64_runs(text, decoder);
    hex_runs(text, decoder);
    escape_runs(text, decoder);
    character_codes(text, decoder);
    return decoder.take();
}

std::vector<Decoded> undo_letter_tricks(std::string_view text) {
    static const Expression rot(
        R"((?i)rot_?13|['"]?A-Za-z['"]?\s+['"]?N-ZA-Mn-za-m|N-ZA-M|codecs\.decode)");
    static const Expression backwards(
        R"(\[::-1\]|\.reverse\(\)|\|\s*rev\b|\brev\s*<<<|strrev\(|reversed\()");
    static const Expression literal(R"re(["'`]([^"'`\n]{8,400})["'`])re");
    const bool is_rotated = rot.matches(text);
    const bool is_reversed = backwards.matches(text);
    std::vector<Decoded> out;
    if (!is_rotated && !is_reversed) return out;
    for (std::size_t at = 0; out.size() < decoded_items_max;) {
        const auto found = literal.find(text, at);
        if (found.empty()) return out;
        const auto offset = static_cast<std::size_t>(found[1].data() - text.data());
        if (is_rotated) {
            std::string turned(found[1]);
            for (char& c : turned) {
                const char base = c >= 'a' && c <= 'z' ? 'a' : 'A';
                const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                if (is_letter) c = static_cast<char>(base + (c - base + 13) % 26);
            }
            out.push_back({std::move(turned), "rot13", offset, false});
        }
        if (is_reversed) {
            out.push_back(
                {std::string(found[1].rbegin(), found[1].rend()), "reversal", offset, false});
        }
        at = offset + found[1].size();
    }
    return out;
}

}  // namespace hs::skills
