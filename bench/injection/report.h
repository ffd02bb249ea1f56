// What is printed: the table of rows, one JSON line of totals, and whether the bars hold.
// Threads: pure functions over values.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "replay.h"
#include "wire/json.h"

namespace hs::bench_injection {

struct RowResult {
    std::string name;
    std::string title;
    Totals all;
    std::map<std::string, Totals> suites;
};

void print_table(const std::vector<RowResult>& rows);
void print_published();
void print_refusals(const RowResult& row);
// One line: what happens under a preset, without and with an oracle's plan.
std::string totals_line(const std::string& suite, const std::string& preset, const Totals& bare,
                        const Totals& planned);
// Figures that differ from the specification's, one a line.
std::vector<std::string> differences(const std::vector<RowResult>& rows);
// Bars that do not hold, one a line. `security` alone, or with the figures of use.
enum class Bars : std::uint8_t { security, all };
std::vector<std::string> missed(const Totals& bare, const Totals& planned, Bars bars);

}  // namespace hs::bench_injection
