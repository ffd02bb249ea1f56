// The commands: each takes the options, does its work and returns the exit code or an Error.
// Threads: one thread.
#pragma once

#include "control/places.h"
#include "hardshell/options.h"

namespace hs::cli {

struct Desk {
    const Options& options;
    const Screen& screen;
    const control::Places& places;
};
using Command = base::Result<int> (*)(const Desk&);

base::Result<int> run_init(const Desk& desk);
base::Result<int> run_chat(const Desk& desk);  // chat.cc
base::Result<int> run_send(const Desk& desk);  // chat.cc
base::Result<int> run_status(const Desk& desk);
base::Result<int> run_sessions(const Desk& desk);
base::Result<int> run_session_show(const Desk& desk);
base::Result<int> run_session_remove(const Desk& desk);
base::Result<int> run_spaces(const Desk& desk);
base::Result<int> run_approvals(const Desk& desk);
base::Result<int> run_approve(const Desk& desk);
base::Result<int> run_deny(const Desk& desk);
base::Result<int> run_why(const Desk& desk);           // why.cc
base::Result<int> run_audit_verify(const Desk& desk);  // record.cc
base::Result<int> run_audit_tail(const Desk& desk);
base::Result<int> run_audit_show(const Desk& desk);
base::Result<int> run_audit_prove(const Desk& desk);
base::Result<int> run_audit_search(const Desk& desk);  // evidence.cc
base::Result<int> run_audit_export(const Desk& desk);
base::Result<int> run_audit_keys(const Desk& desk);
base::Result<int> run_audit_check_proof(const Desk& desk);
base::Result<int> run_audit_ship(const Desk& desk);  // sinks.cc
base::Result<int> run_audit_sinks(const Desk& desk);
base::Result<int> run_audit_fork(const Desk& desk);
base::Result<int> run_usage(const Desk& desk);  // usage.cc
base::Result<int> run_audit_witness(const Desk& desk);  // witness_server.cc
base::Result<int> run_undo(const Desk& desk);
base::Result<int> run_config_get(const Desk& desk);
base::Result<int> run_config_set(const Desk& desk);
base::Result<int> run_config_explain(const Desk& desk);
base::Result<int> run_stop(const Desk& desk);
base::Result<int> run_token_add(const Desk& desk);  // admin.cc
base::Result<int> run_token_list(const Desk& desk);
base::Result<int> run_token_show(const Desk& desk);
base::Result<int> run_token_remove(const Desk& desk);
base::Result<int> run_secret_set(const Desk& desk);
base::Result<int> run_secret_list(const Desk& desk);
base::Result<int> run_secret_remove(const Desk& desk);
base::Result<int> run_policy_reload(const Desk& desk);
base::Result<int> run_policy_show(const Desk& desk);
base::Result<int> run_policy_check(const Desk& desk);  // policy_files.cc
base::Result<int> run_policy_test(const Desk& desk);
base::Result<int> run_policy_tiers(const Desk& desk);
base::Result<int> run_policy_diff(const Desk& desk);  // shadow.cc
base::Result<int> run_policy_replay(const Desk& desk);
base::Result<int> run_policy_try(const Desk& desk);  // policy.cc
base::Result<int> run_policy_rules(const Desk& desk);
base::Result<int> run_policy_allow(const Desk& desk);
base::Result<int> run_policy_forget(const Desk& desk);
base::Result<int> run_exception_request(const Desk& desk);
base::Result<int> run_exception_grant(const Desk& desk);
base::Result<int> run_exception_list(const Desk& desk);
base::Result<int> run_exception_revoke(const Desk& desk);
base::Result<int> run_project_classify(const Desk& desk);  // governance.cc
base::Result<int> run_project_list(const Desk& desk);
base::Result<int> run_assess_start(const Desk& desk);
base::Result<int> run_assess_answer(const Desk& desk);
base::Result<int> run_assess_review(const Desk& desk);
base::Result<int> run_assess_list(const Desk& desk);
base::Result<int> run_assess_show(const Desk& desk);
base::Result<int> run_use_show(const Desk& desk);
base::Result<int> run_use_acknowledge(const Desk& desk);

base::Result<int> run_sandbox_run(const Desk& desk);   // sandbox_run.cc
base::Result<int> run_sandbox_show(const Desk& desk);  // sandbox_show.cc
base::Result<int> run_doctor(const Desk& desk);        // doctor.cc

base::Result<int> run_completion(const Desk& desk);  // manual.cc
base::Result<int> run_manual(const Desk& desk);

// What the status of sinks and witnesses says, one line each.
void show_shipping(const Screen& screen, const wire::Json& shipping);
// Writes the log's verifier keys to a file; starts the daemon where there is no log yet.
base::Result<int> export_keys(const Desk& desk);

// The member's text, or nothing.
std::string text_in(const wire::Json& json, std::string_view key);

}  // namespace hs::cli
