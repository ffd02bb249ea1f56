// Code hosting, continuous integration, package registries and language-model providers.
#include "detect/rules.h"

namespace hs::detect {

namespace {

// clang-format off
constexpr TokenRule rules[] = {
    {"github-pat", "ghp_", R"(ghp_[A-Za-z0-9]{36})", 3},
    {"github-oauth-token", "gho_", R"(gho_[A-Za-z0-9]{36})", 3},
    {"github-user-token", "ghu_", R"(ghu_[A-Za-z0-9]{36})", 3},
    {"github-app-token", "ghs_", R"(ghs_[A-Za-z0-9]{36})", 3},
    {"github-refresh-token", "ghr_", R"(ghr_[A-Za-z0-9]{36,76})", 3},
    {"github-fine-grained-pat", "github_pat_", R"(github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}|github_pat_\w{36,255})", 3},
    {"gitlab-pat", "glpat-", R"(glpat-[\w-]{20,300}(?:\.[\w]{2}\.[\w]{7,9})?)", 3},
    {"gitlab-deploy-token", "gldt-", R"(gldt-[\w-]{20,60})", 3},
    {"gitlab-runner-token", "glrt-|glrtr-", R"(glrtr?-(?:t\d_)?[\w-]{20,60}(?:\.[\w]{2}\.[\w]{7,9})?)", 3},
    {"gitlab-runner-registration-token", "GR1348941", R"(GR1348941[\w-]{20})", 3},
    {"gitlab-trigger-token", "glptt-", R"(glptt-[0-9a-f]{40}|glptt-[\w-]{20,60})", 3},
    {"gitlab-job-token", "glcbt-", R"(glcbt-(?:[0-9a-f]{1,5}_)?[\w-]{20,64})", 3},
    {"gitlab-feed-token", "glft-", R"(glft-[\w-]{20,64})", 3},
    {"gitlab-scim-token", "glsoat-", R"(glsoat-[\w-]{20,64})", 3},
    {"gitlab-incoming-mail-token", "glimt-", R"(glimt-[\w-]{20,64})", 3},
    {"gitlab-agent-token", "glagent-", R"(glagent-[\w-]{50,1000})", 3},
    {"gitlab-oauth-secret", "gloas-", R"(gloas-[\w-]{60,70})", 3},
    {"gitlab-feature-flag-token", "glffct-", R"(glffct-[\w-]{20,64})", 3},
    {"gitlab-workspace-token", "glwt-", R"(glwt-[\w-]{20,64})", 3},
    {"gitlab-session-cookie", "_gitlab_session=", R"(_gitlab_session=[0-9a-z]{32})", 3, 0, Edge::open},
    {"bitbucket-app-password", "ATBB", R"(ATBB[A-Za-z0-9]{28,36})", 3.3},
    {"bitbucket-access-token", "ATCTT3xFfG", R"(ATCTT3xFfG[\w=-]{100,400})", 4},
    {"atlassian-api-token", "ATATT3", R"(ATATT3[\w=-]{60,400})", 4},
    {"atlassian-service-token", "ATSTT3", R"(ATSTT3[\w=-]{60,400})", 4},
    {"trello-token", "ATTA", R"(ATTA[A-Fa-f0-9]{64}[A-Fa-f0-9]{8})", 3},
    {"sourcegraph-token", "sgp_\2|sgd_\2", R"(sg[pd]_(?:[a-f0-9]{16}_|local_)?[a-f0-9]{40,64})", 3},
    {"gitea-token", "gta_\1", R"(gta_[a-f0-9]{40})", 3},
    {"sonarqube-token", "squ_|sqp_|sqa_", R"(sq[upa]_[a-f0-9]{40})", 3},
    {"circleci-token", "CCIPAT_|CCIPRJ_", R"(CCIP(?:AT|RJ)_[A-Za-z0-9]{20,24}_[a-f0-9]{40})", 3},
    {"buildkite-token", "bkua_|bkaj_|bkpt_|bkct_", R"(bk(?:ua|aj|pt|ct)_[a-z0-9]{40,64})", 3},
    {"harness-token", "pat.\2|sat.\2", R"((?:pat|sat)\.[\w-]{22}\.[a-f0-9]{24}\.[A-Za-z0-9]{20})", 3.3},
    {"artifactory-api-key", "AKCp", R"(AKCp[A-Za-z0-9]{60,75})", 3.5},
    {"artifactory-reference-token", "cmVmdGtu", R"(cmVmdGtu[A-Za-z0-9]{50,60})", 3.5},
    {"snyk-token", "snyk_uat.|snyk_sat.", R"(snyk_[us]at\.[a-f0-9]{8}\.[\w.-]{20,200})", 3},
    {"npm-token", "npm_", R"(npm_[A-Za-z0-9]{36})", 3},
    {"pypi-token", "pypi-AgE", R"(pypi-AgE[\w-]{50,1000})", 3.5},
    {"rubygems-key", "rubygems_", R"(rubygems_[a-f0-9]{48})", 3},
    {"nuget-key", "oy2\2", R"(oy2[a-z0-9]{43})", 3.5},
    {"crates-io-token", "cio\2", R"(cio[A-Za-z0-9]{32})", 3.5},
    {"docker-hub-pat", "dckr_pat_", R"(dckr_pat_[\w-]{27})", 3},
    {"docker-hub-org-token", "dckr_oat_", R"(dckr_oat_[\w-]{27,40})", 3},
    {"clojars-token", "CLOJARS_", R"(CLOJARS_[a-z0-9]{60})", 3.5},
    {"gemfury-token", "gemfury_", R"(gemfury_[A-Za-z0-9_-]{20,50})", 3},
    {"jetbrains-token", "perm:|perm-", R"(perm[:-][A-Za-z0-9+/_-]{8,60}=?\.[A-Za-z0-9+/_-]{4,60}(?:=|\.)[.A-Za-z0-9+/_=-]{20,80})", 3.5},
    {"postman-api-key", "PMAK-", R"(PMAK-[a-f0-9]{24}-[a-f0-9]{34})", 3},
    {"readme-api-key", "rdme_", R"(rdme_[a-z0-9]{70})", 3.3},
    {"openai-api-key", "sk-proj-|sk-svcacct-|sk-admin-", R"(sk-(?:proj|svcacct|admin)-[\w-]{20,200})", 3.5},
    {"openai-api-key", "T3BlbkFJ", R"(sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})", 3.5, 23},
    {"anthropic-api-key", "sk-ant-api", R"(sk-ant-api\d{2}-[\w-]{60,120})", 3.5},
    {"anthropic-admin-key", "sk-ant-admin", R"(sk-ant-admin\d{2}-[\w-]{60,120})", 3.5},
    {"anthropic-oauth-token", "sk-ant-oat|sk-ant-ort|sk-ant-sid", R"(sk-ant-(?:oat|ort|sid)\d{2}-[\w-]{40,200})", 3.5},
    {"generic-sk-api-key", "sk-\2", R"(sk-[A-Za-z0-9]{32}|sk-[A-Za-z0-9]{40,64})", 3.3, 0, Edge::token, 0.8},
    {"huggingface-token", "hf_\2", R"(hf_[A-Za-z0-9]{34,40})", 3.3},
    {"huggingface-org-token", "api_org_", R"(api_org_[A-Za-z]{34})", 3.3},
    {"replicate-token", "r8_\2", R"(r8_[A-Za-z0-9]{37})", 3.3},
    {"groq-api-key", "gsk_", R"(gsk_[A-Za-z0-9]{48,56})", 3.5},
    {"perplexity-api-key", "pplx-", R"(pplx-[A-Za-z0-9]{48,56})", 3.3},
    {"xai-api-key", "xai-\2", R"(xai-[A-Za-z0-9]{70,84})", 3.5},
    {"openrouter-api-key", "sk-or-v1-|sk-or-", R"(sk-or-(?:v1-)?[a-f0-9]{64})", 3},
    {"elevenlabs-api-key", "sk_\1", R"(sk_[a-f0-9]{48})", 3},
    {"langsmith-key", "lsv2_", R"(lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10})", 3},
    {"langfuse-secret-key", "sk-lf-", R"(sk-lf-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", 2.8},
    {"pinecone-key", "pcsk_", R"(pcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{50,70})", 3.5},
    {"together-api-key", "tgp_v1_", R"(tgp_v1_[\w-]{40,50})", 3.3},
    {"fireworks-api-key", "fw_\2", R"(fw_[A-Za-z0-9]{22,26})", 3.4},
    {"voyage-api-key", "pa-\2", R"(pa-[A-Za-z0-9_-]{43})", 4},
    {"cerebras-api-key", "csk-\2", R"(csk-[a-z0-9]{48})", 3.3},
    {"tavily-api-key", "tvly-", R"(tvly-(?:dev-|prod-)?[A-Za-z0-9]{28,36})", 3},
    {"jina-api-key", "jina_", R"(jina_[A-Za-z0-9_-]{60,66})", 3.5},
    {"e2b-api-key", "e2b_\1", R"(e2b_[a-f0-9]{40})", 3},
    {"modal-token", "ak-\2|as-\2", R"(a[ks]-[A-Za-z0-9]{22})", 3.7, 0, Edge::token, 0.6, false},
    {"browserbase-key", "bb_live_", R"(bb_live_[\w-]{24,40})", 3},
    {"firecrawl-key", "fc-\1\1", R"(fc-[a-f0-9]{32})", 3},
    {"baseten-key", "bst_", R"(bst_[A-Za-z0-9]{30,40})", 3.3},
    {"helicone-key", "sk-helicone-", R"(sk-helicone-[a-z0-9-]{26,40})", 3},
    {"comet-opik-key", "opik_", R"(opik_[A-Za-z0-9]{24,48})", 3.2},
    {"buildkite-token", "bkct_|bkar_|bkpt_", R"(bk(?:ct|ar|pt)_[\w-]{36,90})", 3.3},
    {"openvsx-token", "ovsxp_", R"(ovsxp_[0-9a-f-]{36})", 2.8},
    {"hardshell-token", "hardshell_", R"(hardshell_[A-Za-z0-9_-]{32,64})", 3.5},
};
// clang-format on

}  // namespace

std::span<const TokenRule> code_token_rules() {
    return rules;
}

}  // namespace hs::detect
