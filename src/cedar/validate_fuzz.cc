#include "base/bytes.h"
#include "cedar/validate.h"

// A schema, a line `---`, then policies. Strict validation is never more lenient than permissive.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hs;
    using namespace hs::cedar;
    const std::string_view text = base::text_of({data, size});
    constexpr std::string_view line = "\n---\n";
    const std::size_t at = text.find(line);
    if (at == std::string_view::npos) return 0;
    const auto schema = Schema::parse(text.substr(0, at), SchemaSyntax::human);
    const auto policies = parse_policies(text.substr(at + line.size()));
    if (!schema || !policies) return 0;
    ValidationLimits limits;
    limits.steps_max = 1'000'000;
    const auto strict = validate_policies(*policies, *schema, ValidationMode::strict, limits);
    const auto permissive =
        validate_policies(*policies, *schema, ValidationMode::permissive, limits);
    CHECK(!strict.passed() || permissive.passed());
    return 0;
}
