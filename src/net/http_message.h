// The head of an HTTP/1.1 message (RFC 9112): request line or status line, and header fields.
//
// What it is for: values that the reader has checked and that the writer may put on the wire.
// Field names are tokens, values hold no control character, so no field can break the framing.
// What it does not protect from: fields that disagree with one another in meaning (two Host
// fields, say). The reader refuses those that decide framing; `only` refuses the rest.
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hs::net {

// ASCII case-insensitive equality, as field names and schemes compare.
bool same_text(std::string_view left, std::string_view right);
// RFC 9110 section 5.6.2; empty is no token.
bool is_token(std::string_view text);
// No control character but tab, so the text cannot end a header field.
bool is_field_value(std::string_view text);

// Printable ASCII without spaces: what may stand as a request target on the wire.
bool is_target(std::string_view text);

struct Header {
    std::string name;
    std::string value;
};

// Fields in the order in which they came.
class Headers {
  public:
    Headers() = default;
    Headers(std::initializer_list<Header> fields) : fields_(fields) {}

    // The first field of that name.
    std::optional<std::string_view> find(std::string_view name) const;
    // The one field of that name; nullopt when there is none, invalid_input when there are more.
    base::Result<std::optional<std::string_view>> only(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    // CHECKs that name is a token and value a field value: callers validate foreign text first.
    void add(std::string name, std::string value);
    void set(std::string name, std::string value);
    void remove(std::string_view name);
    template <class Drop>
    void remove_if(Drop&& drop) {
        std::erase_if(fields_, drop);
    }
    // Whether a comma-separated list field holds the token, in any case.
    bool has_token(std::string_view name, std::string_view token) const;

    const std::vector<Header>& all() const { return fields_; }
    std::vector<Header>& all() { return fields_; }

  private:
    std::vector<Header> fields_;
};

struct RequestHead {
    std::string method;
    std::string target;  // as on the request line: origin, absolute or authority form
    unsigned version_minor = 1;
    Headers headers;
};

struct ResponseHead {
    int status = 200;
    std::string reason;  // empty: the registered phrase of the status
    unsigned version_minor = 1;
    Headers headers;
};

// The IANA phrase of a status code, or "Unknown".
std::string_view reason_phrase(int status);

// The bytes of the head, from the first line to the empty line. CHECKs what would break framing.
std::string format_head(const RequestHead& head);
std::string format_head(const ResponseHead& head);

// Removes the fields that belong to one connection only: Connection and whatever it names,
// Keep-Alive, Proxy-*, TE, Trailer, Transfer-Encoding, Upgrade (RFC 9110 section 7.6.1).
void remove_hop_by_hop(Headers& headers);

}  // namespace hs::net
