#include "policy/load.h"

#include <fmt/format.h>

#include <set>

#include "cedar/policy_set.h"
#include "cedar/validate.h"
#include "policy/decide.h"
#include "policy/embedded.h"
#include "policy/table.h"

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t mistakes_shown_max = 50;
constexpr std::size_t validated_despite_mistakes_max = 5'000;  // rules

// Mistakes of one load, reported together.
class Mistakes {
  public:
    void add(const std::string& what) {
        if (count_++ < mistakes_shown_max) text_ += (text_.empty() ? "" : "\n") + what;
    }
    bool empty() const { return count_ == 0; }
    base::Failure failure() const {
        const std::size_t more = count_ > mistakes_shown_max ? count_ - mistakes_shown_max : 0;
        return fail(Code::invalid_input,
                    more == 0 ? text_ : fmt::format("{}\nand {} more", text_, more));
    }

  private:
    std::string text_;
    std::size_t count_ = 0;
};

Result<std::shared_ptr<const cedar::Schema>> parse_embedded_schema() {
    const auto text = embedded_file("hardshell.cedarschema");
    CHECK(text.has_value());
    const auto source = std::make_shared<const cedar::SourceText>("policies/hardshell.cedarschema",
                                                                  std::string(*text));
    return std::make_shared<const cedar::Schema>(
        TRY(cedar::Schema::parse(source, cedar::SchemaSyntax::human)));
}

// The schema is part of the program, so it is parsed once.
Result<std::shared_ptr<const cedar::Schema>> parse_schema() {
    static const Result<std::shared_ptr<const cedar::Schema>> schema = parse_embedded_schema();
    return schema;
}

// The actions with their groups, so that `action in …` finds them.
Result<cedar::EntityStore> resident_entities(const cedar::Schema& schema) {
    cedar::EntityStore store;
    for (const cedar::ActionRule& action : schema.actions()) {
        cedar::ValueBuilder make = store.values();
        std::vector<const cedar::EntityKey*> parents;
        for (const cedar::ActionId parent : action.parents) {
            parents.push_back(make.key(schema.action(parent).uid));
        }
        TRY(store.add(make.key(action.uid), parents, make.record({}), make.record({})));
    }
    TRY(store.close());
    return store;
}

// Builds one evaluable set out of the files of one kind.
class SetLoader {
  public:
    SetLoader(const cedar::Schema& schema, std::vector<std::string> sandboxes,
              base::WallTime_ms now_ms, Mistakes& mistakes)
        : schema_(schema), sandboxes_(std::move(sandboxes)), now_ms_(now_ms), mistakes_(mistakes) {}

    void add(const PolicyFile& file) {
        const auto source =
            std::make_shared<const cedar::SourceText>(file.text.name, file.text.text);
        Result<std::vector<cedar::Policy>> policies = cedar::parse_policies(source);
        if (!policies) return mistakes_.add(policies.error().what);
        // Lines are counted once for all policies, which lie in the order of the text.
        std::uint32_t line = 1;
        std::size_t counted = 0;
        for (cedar::Policy& policy : *policies) {
            const std::string_view before =
                source->text().substr(counted, policy.span.begin - counted);
            line += static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
            counted = policy.span.begin;
            if (policies_.size() >= policy_rules_max) {
                return mistakes_.add(
                    fmt::format("{}:{}:1: there are more than {} rules; make them "
                                "fewer",
                                file.text.name, line, policy_rules_max));
            }
            add(std::move(policy), file.layer, line);
        }
    }

    // Null when there was a mistake.
    std::shared_ptr<const RuleSet> finish(std::vector<LintFinding>& warnings) {
        // A large set with mistakes is not worth validating; those are told at once.
        if (!mistakes_.empty() && policies_.size() > validated_despite_mistakes_max) {
            return nullptr;
        }
        order_by_id();
        validate(warnings);
        exception_names_ = exception_names(policies_);
        for (LintFinding& finding : lint(policies_, rules_, now_ms_)) {
            if (finding.severity == Severity::error)
                mistakes_.add(finding.message);
            else
                warnings.push_back(std::move(finding));
        }
        if (!mistakes_.empty()) return nullptr;
        cedar::PolicySet set;
        for (cedar::Policy& policy : policies_) {
            const Result<> added = set.add(std::move(policy));
            if (!added) mistakes_.add(added.error().what);
        }
        return std::make_shared<const RuleSet>(
            RuleSet{cedar::Authorizer(std::move(set)), std::move(rules_)});
    }

    // The exceptions that forbids of the finished set speak of.
    const std::set<std::string>& exceptions() const { return exception_names_; }

  private:
    void add(cedar::Policy policy, Layer layer, std::uint32_t line) {
        Result<Rule> rule = rule_of(policy, layer, sandboxes_);
        if (!rule) return mistakes_.add(rule.error().what);
        rule->line = line;
        const auto [known, is_new] =
            ids_.emplace(rule->id, fmt::format("{}:{}", rule->file, rule->line));
        if (!is_new) {
            return mistakes_.add(fmt::format("{}:{}: @id(\"{}\") is already used at {}", rule->file,
                                             rule->line, rule->id, known->second));
        }
        rules_.push_back(*std::move(rule));
        policies_.push_back(std::move(policy));
    }

    // The set is the same in whatever order its files were read.
    void order_by_id() {
        std::vector<std::size_t> order(rules_.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::sort(order.begin(), order.end(),
                  [this](std::size_t a, std::size_t b) { return rules_[a].id < rules_[b].id; });
        std::vector<Rule> rules;
        std::vector<cedar::Policy> policies;
        for (const std::size_t i : order) {
            rules.push_back(std::move(rules_[i]));
            policies.push_back(std::move(policies_[i]));
        }
        rules_ = std::move(rules);
        policies_ = std::move(policies);
    }

    void validate(std::vector<LintFinding>& warnings) {
        const cedar::ValidationReport report = cedar::validate_policies(policies_, schema_);
        for (const cedar::Finding& finding : report.errors) mistakes_.add(finding.shown);
        for (const cedar::Finding& finding : report.warnings) {
            // A text that deceives the eye is a mistake where people decide by reading it.
            if (finding.kind == cedar::FindingKind::impossible_policy) {
                warnings.push_back({Severity::warning, finding.policy_id, finding.shown});
            } else {
                mistakes_.add(finding.shown);
            }
        }
    }

    const cedar::Schema& schema_;
    std::vector<std::string> sandboxes_;
    base::WallTime_ms now_ms_;
    Mistakes& mistakes_;
    std::vector<cedar::Policy> policies_;
    std::vector<Rule> rules_;
    std::map<std::string, std::string> ids_;
    std::set<std::string> exception_names_;
};

// One text over all sources in an order of its own, for the digest.
std::string canonical_sources(const PolicySources& sources) {
    std::vector<std::string> parts;
    const auto add = [&parts](std::string_view kind, const NamedText& file) {
        parts.push_back(
            fmt::format("{}\n{}\n{}\n{}", kind, file.name, file.text.size(), file.text));
    };
    for (const PolicyFile& file : sources.files) {
        add(fmt::format("{} {}", layer_name(file.layer),
                        file.kind == RuleKind::ceiling ? "ceiling" : "rules"),
            file.text);
    }
    add("tools", sources.tools);
    add("classes", sources.classes);
    for (const NamedText& file : sources.zones) add("zones", file);
    for (const NamedText& file : sources.profiles) add("profile", file);
    for (const NamedText& file : sources.exceptions) add("exceptions", file);
    std::sort(parts.begin(), parts.end());
    std::string all;
    for (const EmbeddedFile& file : embedded_files()) {
        if (!file.name.ends_with(".cedar")) all += fmt::format("{}\n{}\n", file.name, file.text);
    }
    for (const std::string& part : parts) all += part;
    return all;
}

Result<> check_size(const PolicySources& sources) {
    std::size_t bytes = 0;
    for (const PolicyFile& file : sources.files) bytes += file.text.text.size();
    for (const auto* list :
         {&sources.zones, &sources.profiles, &sources.exceptions, &sources.tests}) {
        for (const NamedText& file : *list) bytes += file.text.size();
    }
    if (bytes > policy_bytes_max || sources.files.size() > policy_files_max) {
        return fail(Code::exhausted, fmt::format("policy has at most {} files and {} bytes",
                                                 policy_files_max, policy_bytes_max));
    }
    return {};
}

Result<ExceptionTable> parse_exceptions(const std::vector<NamedText>& files) {
    ExceptionTable all;
    for (const NamedText& file : files) {
        const wire::TomlDocument document = TRY(parse_named_toml(file.name, file.text));
        TRY(all.add_all(TRY(ExceptionTable::parse(document, file.name))));
    }
    return all;
}

// Would policy let this person grant such an exception with nobody else?
bool may_grant_alone(const SnapshotPointer& snapshot, const Exception& exception,
                     base::WallTime_ms now_ms) {
    Question question;
    question.actor.kind = ActorKind::person;
    question.actor.name = exception.approver;
    question.person = exception.approver;
    question.space = exception.space.empty() ? question.space : exception.space;
    question.effect = Effect::policy_change;
    question.target = SettingTarget{"policy.exception." + exception.lifts, true};
    question.label = flow::Label::of_person(exception.approver);
    question.now_ms = now_ms;
    QuestionScratch scratch;
    return decide(snapshot, question, scratch).outcome == Outcome::allow;
}

class Loading {
  public:
    Loading(const PolicySources& sources, const LoadOptions& options)
        : sources_(sources), options_(options) {}

    Result<SnapshotPointer> run() {
        TRY(check_size(sources_));
        auto snapshot = std::make_shared<PolicySnapshot>();
        snapshot->generation = options_.generation;
        snapshot->schema = TRY(parse_schema());
        snapshot->resident = TRY(resident_entities(*snapshot->schema));
        snapshot->facts = TRY(FactTables::parse(sources_.tools, sources_.classes, sources_.zones));
        std::vector<NamedText> profiles = ProfileTable::builtin_files();
        profiles.insert(profiles.end(), sources_.profiles.begin(), sources_.profiles.end());
        snapshot->profiles = TRY(ProfileTable::parse(profiles, snapshot->facts.classes()));
        snapshot->exceptions = TRY(parse_exceptions(sources_.exceptions));
        load_rules(*snapshot);
        load_ceilings(*snapshot);
        if (!mistakes_.empty()) return mistakes_.failure();
        CHECK(options_.sha256 != nullptr);
        snapshot->digest =
            base::to_hex(options_.sha256(base::bytes_of(canonical_sources(sources_))));
        drop_lonely_exceptions(snapshot);
        return test(snapshot);
    }

  private:
    // An exception that its owner approved alone holds only where policy wants no second person;
    // after a change to a stricter preset it lifts nothing.
    void drop_lonely_exceptions(const std::shared_ptr<PolicySnapshot>& snapshot) {
        const std::vector<Exception> all = snapshot->exceptions.all();
        for (const Exception& exception : all) {
            if (!exception.alone || may_grant_alone(snapshot, exception, options_.now_ms)) continue;
            snapshot->exceptions.remove(exception.id);
            snapshot->warnings.push_back(
                {Severity::warning, exception.id,
                 fmt::format("exception {}: {} approved it alone, and this policy wants somebody "
                             "else too; it lifts nothing",
                             exception.id, exception.approver)});
        }
    }

    SetLoader loader(const PolicySnapshot& snapshot) {
        return SetLoader(*snapshot.schema, snapshot.profiles.names(), options_.now_ms, mistakes_);
    }

    void load_rules(PolicySnapshot& snapshot) {
        SetLoader rules = loader(snapshot);
        for (const PolicyFile& file : sources_.files) {
            if (file.kind == RuleKind::rules) rules.add(file);
        }
        snapshot.rules = rules.finish(snapshot.warnings);
        const std::set<std::string>& names = rules.exceptions();
        for (const Exception& exception : snapshot.exceptions.all()) {
            if (names.contains(exception.lifts)) continue;
            mistakes_.add(fmt::format("exception \"{}\": no forbid names \"{}\" in its unless",
                                      exception.id, exception.lifts));
        }
    }

    void load_ceilings(PolicySnapshot& snapshot) {
        for (std::size_t i = 0; i < layer_count; ++i) {
            SetLoader ceiling = loader(snapshot);
            bool is_present = false;
            for (const PolicyFile& file : sources_.files) {
                if (file.kind != RuleKind::ceiling || file.layer != static_cast<Layer>(i)) continue;
                ceiling.add(file);
                is_present = true;
            }
            if (is_present) snapshot.ceilings[i] = ceiling.finish(snapshot.warnings);
        }
    }

    Result<SnapshotPointer> test(const SnapshotPointer& snapshot) {
        for (const NamedText& file : sources_.tests) {
            const Result<TableReport> report = run_table(file, snapshot);
            if (!report) {
                mistakes_.add(report.error().what);
                continue;
            }
            for (const std::string& failure : report->failures) mistakes_.add(failure);
        }
        if (!mistakes_.empty()) return mistakes_.failure();
        return snapshot;
    }

    const PolicySources& sources_;
    const LoadOptions& options_;
    Mistakes mistakes_;
};

void add_embedded(PolicySources& sources, std::string_view name, RuleKind kind) {
    const auto text = embedded_file(name);
    if (!text) return;
    sources.files.push_back(
        {Layer::builtin, kind, {"policies/" + std::string(name), std::string(*text)}});
}

}  // namespace

std::vector<std::string> preset_names() {
    return {"personal", "work", "enterprise", "locked"};
}

Result<PolicySources> preset_sources(std::string_view preset) {
    const std::vector<std::string> names = preset_names();
    if (std::find(names.begin(), names.end(), preset) == names.end()) {
        return fail(Code::not_found, "there is no preset \"" + std::string(preset) +
                                         "\"; expected personal, work, enterprise or locked");
    }
    PolicySources sources;
    add_embedded(sources, "builtin.cedar", RuleKind::rules);
    add_embedded(sources, "flow.cedar", RuleKind::rules);
    add_embedded(sources, std::string(preset) + ".cedar", RuleKind::rules);
    add_embedded(sources, std::string(preset) + ".ceiling.cedar", RuleKind::ceiling);
    return sources;
}

Result<> add_file(PolicySources& sources, Layer layer, NamedText file) {
    const std::string_view path = file.name;
    const std::string name(path.substr(path.rfind('/') + 1));
    const std::string_view folder = path.substr(0, path.size() - name.size());
    const auto is_in = [&](std::string_view wanted) {
        return name.ends_with(".toml") &&
               (folder == wanted || folder.ends_with("/" + std::string(wanted)));
    };
    const bool in_tests = is_in("tests/");
    const bool in_profiles = is_in("profiles/");
    const bool is_managed = layer <= Layer::organisation;
    if (in_tests) {
        sources.tests.push_back(std::move(file));
    } else if (name.ends_with(".ceiling.cedar")) {
        sources.files.push_back({layer, RuleKind::ceiling, std::move(file)});
    } else if (name.ends_with(".cedar")) {
        sources.files.push_back({layer, RuleKind::rules, std::move(file)});
    } else if (name == "exceptions.toml") {
        sources.exceptions.push_back(std::move(file));
    } else if (in_profiles && is_managed) {
        sources.profiles.push_back(std::move(file));
    } else if (name == "zones.toml" && is_managed) {
        sources.zones.push_back(std::move(file));
    } else if (name == "tools.toml" && is_managed) {
        sources.tools = std::move(file);
    } else if (name == "classes.toml" && is_managed) {
        sources.classes = std::move(file);
    } else {
        return fail(
            Code::invalid_input,
            fmt::format(
                "{}: means nothing in the policy of the {} layer; expected *.cedar, "
                "*.ceiling.cedar, exceptions.toml, tests/*.toml{}",
                file.name, layer_name(layer),
                is_managed ? ", tools.toml, classes.toml, zones.toml, profiles/*.toml" : ""));
    }
    return {};
}

Result<SnapshotPointer> load(const PolicySources& sources, const LoadOptions& options) {
    return Loading(sources, options).run();
}

ActivePolicy::ActivePolicy(const LoadOptions& options)
    : sha256_(options.sha256), current_(load(preset_sources("locked").value(), options).value()) {}

SnapshotPointer ActivePolicy::current() const {
    return current_.with([](const SnapshotPointer& current) { return current; });
}

Result<SnapshotPointer> ActivePolicy::replace(const PolicySources& sources,
                                              base::WallTime_ms now_ms) {
    LoadOptions options;
    options.sha256 = sha256_;
    options.now_ms = now_ms;
    options.generation = current()->generation + 1;
    SnapshotPointer loaded = TRY(load(sources, options));
    return current_.with([&](SnapshotPointer& current) -> Result<SnapshotPointer> {
        if (current->generation >= loaded->generation) {
            return fail(Code::conflict, "another reload was faster; try again");
        }
        current = loaded;
        return loaded;
    });
}

}  // namespace hs::policy
