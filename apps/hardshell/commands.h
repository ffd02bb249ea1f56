// The commands: each takes the options, does its work and returns the exit code or an Error.
// Threads: one thread.
#pragma once

#include "control/places.h"
#include "hardshell/options.h"
#include "wire/members.h"

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
base::Result<int> run_egress_tail(const Desk& desk);  // egress_tail.cc
base::Result<int> run_audit_show(const Desk& desk);
base::Result<int> run_audit_prove(const Desk& desk);
base::Result<int> run_audit_search(const Desk& desk);  // evidence.cc
base::Result<int> run_audit_export(const Desk& desk);
base::Result<int> run_audit_keys(const Desk& desk);
base::Result<int> run_audit_check_proof(const Desk& desk);
base::Result<int> run_audit_ship(const Desk& desk);  // sinks.cc
base::Result<int> run_audit_sinks(const Desk& desk);
base::Result<int> run_audit_fork(const Desk& desk);
base::Result<int> run_usage(const Desk& desk);          // usage.cc
base::Result<int> run_drift(const Desk& desk);          // drift.cc
base::Result<int> run_leakage(const Desk& desk);        // leakage.cc
base::Result<int> run_audit_witness(const Desk& desk);  // witness_server.cc
base::Result<int> run_undo(const Desk& desk);
base::Result<int> run_memory_list(const Desk& desk);  // memory.cc
base::Result<int> run_memory_search(const Desk& desk);
base::Result<int> run_memory_show(const Desk& desk);
base::Result<int> run_memory_forget(const Desk& desk);
base::Result<int> run_memory_verify(const Desk& desk);
base::Result<int> run_memory_rekey(const Desk& desk);
base::Result<int> run_memory_hold(const Desk& desk);
base::Result<int> run_memory_review(const Desk& desk);  // memory_review.cc
base::Result<int> run_memory_export(const Desk& desk);  // memory_files.cc
base::Result<int> run_memory_import(const Desk& desk);
base::Result<int> run_memory_backup(const Desk& desk);
base::Result<int> run_memory_restore(const Desk& desk);
base::Result<int> run_config_get(const Desk& desk);
base::Result<int> run_config_set(const Desk& desk);
base::Result<int> run_config_explain(const Desk& desk);
base::Result<int> run_stop(const Desk& desk);
base::Result<int> run_token_add(const Desk& desk);  // admin.cc
base::Result<int> run_token_list(const Desk& desk);
base::Result<int> run_token_show(const Desk& desk);
base::Result<int> run_token_remove(const Desk& desk);
base::Result<int> run_secret_set(const Desk& desk);   // secret_words.cc
base::Result<int> run_channel_add(const Desk& desk);  // channel.cc
base::Result<int> run_channel_list(const Desk& desk);
base::Result<int> run_channel_test(const Desk& desk);
base::Result<int> run_channel_remove(const Desk& desk);
base::Result<int> run_channel_pair(const Desk& desk);
base::Result<int> run_channel_unpair(const Desk& desk);
base::Result<int> run_factor_add(const Desk& desk);  // factor.cc
base::Result<int> run_factor_confirm(const Desk& desk);
base::Result<int> run_factor_list(const Desk& desk);
base::Result<int> run_factor_remove(const Desk& desk);
base::Result<int> run_schedule_add(const Desk& desk);  // schedule.cc
base::Result<int> run_schedule_list(const Desk& desk);
base::Result<int> run_schedule_stop(const Desk& desk);
// The lines of `hardshell status` about channels.
void show_channels(const Screen& screen, const wire::Json& channels);
base::Result<int> run_secret_list(const Desk& desk);
base::Result<int> run_secret_show(const Desk& desk);
base::Result<int> run_secret_bind(const Desk& desk);
base::Result<int> run_secret_rotate(const Desk& desk);
base::Result<int> run_secret_remove(const Desk& desk);
base::Result<int> run_secret_import(const Desk& desk);  // secret_finds.cc
base::Result<int> run_secret_audit(const Desk& desk);
base::Result<int> run_secret_check(const Desk& desk);  // secret_stores.cc
base::Result<int> run_secret_stores(const Desk& desk);
base::Result<int> run_key_show(const Desk& desk);  // keys.cc
base::Result<int> run_key_change(const Desk& desk);
base::Result<int> run_key_unlock(const Desk& desk);
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

base::Result<int> run_lockdown_on(const Desk& desk);  // lockdown.cc
base::Result<int> run_lockdown_lift(const Desk& desk);
base::Result<int> run_lockdown_status(const Desk& desk);

base::Result<int> run_review_show(const Desk& desk);  // review.cc
base::Result<int> run_review_attest(const Desk& desk);
base::Result<int> run_exit(const Desk& desk);           // leave.cc
base::Result<int> run_incident_open(const Desk& desk);  // incident.cc
base::Result<int> run_incident_list(const Desk& desk);
base::Result<int> run_incident_show(const Desk& desk);
base::Result<int> run_incident_note(const Desk& desk);
base::Result<int> run_incident_step(const Desk& desk);
base::Result<int> run_incident_close(const Desk& desk);
base::Result<int> run_incident_playbook(const Desk& desk);
base::Result<int> run_incident_timeline(const Desk& desk);
base::Result<int> run_incident_blast_radius(const Desk& desk);  // incident_scope.cc
base::Result<int> run_incident_evidence(const Desk& desk);
base::Result<int> run_incident_learn(const Desk& desk);

base::Result<int> run_sandbox_run(const Desk& desk);    // sandbox_run.cc
base::Result<int> run_sandbox_show(const Desk& desk);   // sandbox_show.cc
base::Result<int> run_skill_scan(const Desk& desk);     // skill_scan.cc
base::Result<int> run_skill_install(const Desk& desk);  // skill.cc
base::Result<int> run_skill_list(const Desk& desk);
base::Result<int> run_skill_show(const Desk& desk);
base::Result<int> run_mcp_list(const Desk& desk);
base::Result<int> run_mcp_show(const Desk& desk);
base::Result<int> run_mcp_accept(const Desk& desk);
base::Result<int> run_skill_try(const Desk& desk);
base::Result<int> run_skill_enable(const Desk& desk);
base::Result<int> run_skill_disable(const Desk& desk);
base::Result<int> run_skill_remove(const Desk& desk);
base::Result<int> run_skill_verify(const Desk& desk);
base::Result<int> run_skill_inventory(const Desk& desk);  // skill_inventory.cc
base::Result<int> run_skill_review(const Desk& desk);     // skill_review.cc
base::Result<int> run_skill_sign(const Desk& desk);
base::Result<int> run_skill_publish(const Desk& desk);
base::Result<int> run_skill_new(const Desk& desk);
base::Result<int> run_import_openclaw(const Desk& desk);  // import_openclaw.cc
base::Result<int> run_doctor(const Desk& desk);           // doctor.cc
base::Result<int> run_detect_scan(const Desk& desk);      // detect_scan.cc

base::Result<int> run_completion(const Desk& desk);  // manual.cc
base::Result<int> run_manual(const Desk& desk);

// What the status of sinks and witnesses says, one line each.
void show_shipping(const Screen& screen, const wire::Json& shipping);
// Writes the log's verifier keys to a file; starts the daemon where there is no log yet.
base::Result<int> export_keys(const Desk& desk);

// The token in a file, or on standard input for "-".
base::Result<std::string> token_from_file(const std::string& file);

// Tables are made of answers of the daemon and of records.
using wire::text_in;

}  // namespace hs::cli
