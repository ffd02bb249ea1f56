#include "policy/projects.h"

#include <fmt/format.h>

#include "policy/canonical_time.h"
#include "policy/table_reader.h"

namespace hs::policy {
namespace {

using base::Result;

Result<ProjectClass> parse_project(TableReader& table) {
    const auto folder = CanonicalPath::from_text(TRY(table.text("folder")));
    if (!folder) return table.refuse("folder", folder.error().what);
    const auto use = word_from_name<UseCase>(TRY(table.text("class")));
    if (!use) {
        std::string names;
        for (const std::string_view name : word_names<UseCase>()) {
            names += (names.empty() ? "" : ", ") + std::string(name);
        }
        return table.refuse("class", "expected one of: " + names);
    }
    ProjectClass project{*folder, *use, TRY(table.text_or("by", "")), 0};
    const std::string at = TRY(table.text_or("at", ""));
    if (!at.empty()) {
        const auto time = parse_time(at);
        if (!time) return table.refuse("at", time.error().what);
        project.at_ms = *time;
    }
    TRY(table.finish());
    return project;
}

}  // namespace

std::string_view risk_name(Risk risk) {
    static constexpr std::string_view names[] = {"unknown",  "low",  "medium",
                                                 "elevated", "high", "very high"};
    return names[static_cast<std::size_t>(risk)];
}

Risk risk_of(UseCase use) {
    switch (use) {
        case UseCase::unclassified:
            return Risk::unknown;
        case UseCase::personal_productivity:
        case UseCase::documentation:
        case UseCase::open_source:
            return Risk::low;
        case UseCase::internal_tools:
            return Risk::medium;
        case UseCase::internal_repository:
            return Risk::elevated;
        case UseCase::cicd_integration:
            return Risk::high;
        case UseCase::production:
        case UseCase::customer_data:
        case UseCase::security_infrastructure:
        case UseCase::credential_storage:
            return Risk::very_high;
    }
    return Risk::unknown;
}

std::string_view use_case_title(UseCase use) {
    switch (use) {
        case UseCase::unclassified:
            return "not classified";
        case UseCase::personal_productivity:
            return "personal productivity";
        case UseCase::documentation:
            return "documentation";
        case UseCase::open_source:
            return "open-source work";
        case UseCase::internal_tools:
            return "internal tools (non-production)";
        case UseCase::internal_repository:
            return "internal repositories";
        case UseCase::cicd_integration:
            return "CI/CD integration";
        case UseCase::production:
            return "production systems";
        case UseCase::customer_data:
            return "customer data";
        case UseCase::security_infrastructure:
            return "security infrastructure";
        case UseCase::credential_storage:
            return "credential storage";
    }
    return "";
}

Result<ProjectTable> ProjectTable::parse(const wire::TomlDocument& document,
                                         std::string_view file) {
    ProjectTable result;
    TableReader root(document, file);
    for (TableReader& table : TRY(root.tables("project"))) {
        ProjectClass project = TRY(parse_project(table));
        const ProjectClass* known = result.find(project.folder);
        if (known != nullptr && known->folder == project.folder) {
            return table.refuse("folder", "the folder stands here twice");
        }
        if (result.projects_.size() >= projects_max) {
            return table.refuse("folder", "there are too many projects");
        }
        result.projects_.push_back(std::move(project));
    }
    TRY(root.finish());
    return result;
}

const ProjectClass* ProjectTable::find(const CanonicalPath& folder) const {
    const ProjectClass* nearest = nullptr;
    for (const ProjectClass& project : projects_) {
        if (!folder.lies_in(project.folder)) continue;
        if (nearest == nullptr || project.folder.text().size() > nearest->folder.text().size()) {
            nearest = &project;
        }
    }
    return nearest;
}

void ProjectTable::set(ProjectClass project) {
    for (ProjectClass& known : projects_) {
        if (known.folder != project.folder) continue;
        known = std::move(project);
        return;
    }
    projects_.push_back(std::move(project));
}

std::string to_toml(const ProjectTable& table) {
    std::string text =
        "# Classes of projects. Written by `hardshell project classify`; `hardshell policy "
        "reload`\n"
        "# after a change by hand.\n";
    for (const ProjectClass& project : table.all()) {
        text += fmt::format("\n[[project]]\nfolder = {}\nclass = {}\nby = {}\n",
                            wire::toml_string(project.folder.text()),
                            wire::toml_string(name_of(project.use)), wire::toml_string(project.by));
        if (project.at_ms != 0) {
            text += fmt::format("at = {}\n", wire::toml_string(base::format_time(project.at_ms)));
        }
    }
    return text;
}

}  // namespace hs::policy
