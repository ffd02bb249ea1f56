// Sources: what a piece of a prompt was taken from: which lines of which file, which memory, which
// page. Kept with the piece, so that the record can say what went to a model's provider.
//
// What it does not protect from: a tool that names another source than the one it read, and what a
// command or a model put together from many places; those are named as the command and the model.
// Threads: values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/json.h"

namespace hs::flow {

enum class SourceKind : std::uint8_t {
    file,     // lines of a file; the name is its canonical path
    listing,  // names of what is in a folder
    command,  // what a command printed
    page,     // a page or answer of a host; the name is its address without the query
    memory,   // something remembered; the name is its id
    skill,    // a skill's text
    tool,     // any other answer of a tool
    message,  // what somebody wrote to the assistant
    answer,   // what the model said before, its calls too
    summary,  // what a model made of the earlier conversation
    earlier,  // messages that a client sent along
    prompt,   // Hardshell's own words
};
std::string_view source_kind_name(SourceKind kind);

struct LineRange {
    std::int64_t first = 0;  // from 1
    std::int64_t last = 0;   // itself included
    bool operator==(const LineRange&) const = default;
};

struct Source {
    static constexpr std::size_t name_bytes_max = 4096;
    static constexpr std::size_t lines_max = 512;

    SourceKind kind = SourceKind::tool;
    std::string name;
    std::vector<LineRange> lines = {};  // of a file, in order
    std::uint64_t bytes = 0;            // of the piece; 0: of the whole text it stands in
    std::string digest = {};  // SHA-256 of the piece, hexadecimal; empty: of the whole text
    bool operator==(const Source&) const = default;
};

// Adds a line to ranges that end before it.
void add_line(std::vector<LineRange>& lines, std::int64_t number);
// Sorted, those that touch joined.
std::vector<LineRange> joined(std::vector<LineRange> lines);

wire::Json to_json(const std::vector<LineRange>& lines);
// invalid_input for more than `most`, or what is no range.
base::Result<std::vector<LineRange>> line_ranges_from_json(const wire::Json& json,
                                                           std::size_t most = Source::lines_max);
wire::Json to_json(const Source& source);
// invalid_input names the member.
base::Result<Source> source_from_json(const wire::Json& json);

}  // namespace hs::flow
