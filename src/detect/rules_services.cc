// Messaging, mail, payment, commerce, office and social services.
#include "detect/rules.h"

namespace hs::detect {

namespace {

// clang-format off
constexpr TokenRule rules[] = {
    {"slack-bot-token", "xoxb-", R"(xoxb-[0-9A-Za-z]{8,16}-[0-9A-Za-z-]{10,120})", 2.8},
    {"slack-user-token", "xoxp-", R"(xoxp-[0-9A-Za-z]{8,16}-[0-9A-Za-z-]{10,160})", 2.8},
    {"slack-configuration-token", "xoxe", R"(xoxe(?:\.xox[bp])?-\d-[A-Za-z0-9]{100,200}|xoxe-[0-9A-Za-z-]{20,200})", 3},
    {"slack-legacy-token", "xoxa-|xoxr-|xoxo-|xoxs-", R"(xox[aros]-(?:\d-)?[0-9A-Za-z-]{10,160})", 2.8},
    {"slack-session-token", "xoxc-|xoxd-", R"(xox[cd]-[0-9A-Za-z%+/=-]{20,300})", 3},
    {"slack-app-token", "xapp-", R"(xapp-\d-[A-Z0-9]{8,16}-\d{8,16}-[a-z0-9]{30,80})", 3},
    {"slack-webhook", "hooks.slack.com/", R"(hooks\.slack\.com/(?:services|workflows|triggers)/[A-Z0-9]{6,14}/[A-Za-z0-9]{6,24}/[A-Za-z0-9/]{16,60})", 3, 0, Edge::open},
    {"discord-webhook", "/api/webhooks/", R"(/api/webhooks/\d{16,20}/[\w-]{60,80})", 3.5, 0, Edge::open},
    {"teams-webhook", ".webhook.office.com/", R"(\.webhook\.office\.com/webhookb2/[0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-f]{32}/[0-9a-f-]{36})", 3, 0, Edge::open},
    {"telegram-bot-token", ":AA\2", R"(\d{8,10}:AA[A-Za-z0-9_-]{32,35})", 3, 10},
    {"telegram-bot-token", ":AA\2", R"(\d{9}:AA[A-Za-z0-9_-]{32,35})", 3, 9},
    {"telegram-bot-token", ":AA\2", R"(\d{8}:AA[A-Za-z0-9_-]{32,35})", 3, 8},
    {"zapier-webhook", "hooks.zapier.com/", R"(hooks\.zapier\.com/hooks/catch/\d{5,10}/[a-z0-9]{6,12})", 3, 0, Edge::open},
    {"google-chat-webhook", "chat.googleapis.com/", R"(chat\.googleapis\.com/v1/spaces/[\w-]{8,16}/messages\?key=[\w-]{30,45}&token=[\w%-]{30,60})", 3, 0, Edge::open},
    {"twilio-api-key", "SK\1\1", R"(SK[0-9a-f]{32})", 3},
    {"sendgrid-key", "SG.\2", R"(SG\.[\w-]{20,24}\.[\w-]{39,50})", 3.5},
    {"mailgun-key", "key-\1", R"(key-[0-9a-f]{32})", 3},
    {"mailchimp-key", "-us\3", R"([0-9a-f]{32}-us\d{1,2})", 3, 32},
    {"brevo-key", "xkeysib-", R"(xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16})", 3},
    {"brevo-smtp-key", "xsmtpsib-", R"(xsmtpsib-[a-f0-9]{64}-[A-Za-z0-9]{16})", 3},
    {"mandrill-key", "md-\2", R"(md-[A-Za-z0-9_-]{22})", 3.7},
    {"resend-key", "re_\2", R"(re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,28})", 3.5},
    {"customerio-key", "sdkcio_", R"(sdkcio_[a-f0-9]{32,64})", 3},
    {"courier-key", "pk_prod_|pk_test_", R"(pk_(?:prod|test)_[A-Z0-9]{28})", 3.3},
    {"stripe-secret-key", "sk_live_|sk_test_|sk_prod_", R"(sk_(?:live|test|prod)_[A-Za-z0-9]{16,250})", 3},
    {"stripe-restricted-key", "rk_live_|rk_test_|rk_prod_", R"(rk_(?:live|test|prod)_[A-Za-z0-9]{16,250})", 3},
    {"stripe-webhook-secret", "whsec_", R"(whsec_[A-Za-z0-9+/]{24,80}=?=?)", 3},
    {"square-access-token", "sq0atp-|EAAA\2", R"(sq0atp-[\w-]{22}|EAAA[\w-]{60})", 3.5},
    {"square-oauth-secret", "sq0csp-|sq0idp-", R"(sq0csp-[\w-]{43})", 3.5},
    {"braintree-access-token", "access_token$", R"(access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32})", 3},
    {"plaid-access-token", "access-sandbox-|access-development-|access-production-", R"(access-(?:sandbox|development|production)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", 2.8},
    {"adyen-api-key", "AQE\2", R"(AQE[a-z0-9][A-Za-z0-9+/]{60,200}-[A-Za-z0-9+/=]{20,80}-[\w+/=<>{}|^$#@!%&*()\[\]:;,.?~-]{10,40})", 4},
    {"razorpay-key", "rzp_live_|rzp_test_", R"(rzp_(?:live|test)_[A-Za-z0-9]{14})", 3},
    {"flutterwave-key", "FLWSECK", R"(FLWSECK(?:_TEST)?-[A-Za-z0-9]{12,40}(?:-X)?)", 3},
    {"checkout-secret-key", "sk_\1\1|sk_sbox_", R"(sk_(?:sbox_)?[a-z0-9]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|sk_sbox_[a-z0-9]{26,30})", 2.8},
    {"live-mode-api-key", "live_\2", R"(live_[A-Za-z0-9_-]{30,45})", 3.8},
    {"lob-key", "live_\1\1|test_\1\1", R"((?:live|test)_[0-9a-f]{35})", 3},
    {"easypost-key", "EZAK|EZTK", R"(EZ[AT]K[A-Za-z0-9]{54})", 3.5},
    {"shippo-token", "shippo_live_|shippo_test_", R"(shippo_(?:live|test)_[a-f0-9]{40})", 3},
    {"duffel-token", "duffel_live_|duffel_test_", R"(duffel_(?:test|live)_[\w=-]{43})", 3},
    {"shopify-access-token", "shpat_", R"(shpat_[a-fA-F0-9]{32})", 3},
    {"shopify-custom-app-token", "shpca_", R"(shpca_[a-fA-F0-9]{32})", 3},
    {"shopify-private-app-token", "shppa_", R"(shppa_[a-fA-F0-9]{32})", 3},
    {"shopify-shared-secret", "shpss_", R"(shpss_[a-fA-F0-9]{32})", 3},
    {"shopify-refresh-token", "shprt_|shptka_", R"(shp(?:rt|tka)_[a-fA-F0-9]{32,64})", 3},
    {"hubspot-private-app-token", "pat-na|pat-eu|pat-ap", R"(pat-(?:na|eu|ap)\d-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", 2.8},
    {"salesforce-session", "00D\2", R"(00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{80,140})", 4},
    {"salesforce-consumer-key", "3MVG9", R"(3MVG9[\w.]{70,90})", 4},
    {"salesforce-refresh-token", "5Aep861", R"(5Aep861[\w.]{70,90})", 4},
    {"okta-api-token", "SSWS ", R"(SSWS 00[\w-]{38,42})", 3.5, 0, Edge::open},
    {"dropbox-token", "sl.\2|sl.u.", R"(sl\.(?:u\.)?[\w-]{100,1000})", 4},
    {"notion-token", "ntn_|secret_\2", R"(ntn_\d{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43})", 3.5},
    {"linear-api-key", "lin_api_|lin_oauth_|lin_wh_", R"(lin_(?:api|oauth|wh)_[A-Za-z0-9]{32,64})", 3},
    {"clickup-token", "pk_\3", R"(pk_\d{5,9}_[A-Z0-9]{32})", 3.3},
    {"figma-token", "figd_|figo_|figu_|figr_", R"(fig[dour]_[\w-]{38,60})", 3.3},
    {"contentful-pat", "CFPAT-", R"(CFPAT-[\w-]{43})", 3.5},
    {"typeform-token", "tfp_", R"(tfp_[\w.=-]{40,70})", 3.5},
    {"mapbox-secret-token", "sk.eyJ", R"(sk\.eyJ[\w-]{30,200}\.[\w-]{18,40})", 3.5},
    {"adobe-client-secret", "p8e-|p8e_", R"(p8e[-_][A-Za-z0-9_-]{32})", 3.3},
    {"frameio-token", "fio-u-", R"(fio-u-[\w=-]{64})", 3.5},
    {"facebook-access-token", "EAAC|EAAB|EAAG|EAAJ|EAAM|EAAD|EAAE|EAAF|EAAH|EAAI|EAAS|EAAT|EAAW|EAAO", R"(EAA[A-Z][A-Za-z0-9]{40,300})", 3.8},
    {"instagram-token", "IGQV|IGQW|IGAA", R"(IG(?:QV|QW|AA)[\w-]{60,300})", 3.8},
    {"twitter-bearer-token", "AAAAAAAAAAAAAAAAAAAA", R"(A{20,25}[A-Za-z0-9%]{60,120})", 3.5},
    {"linkedin-client-secret", "WPL_AP", R"(WPL_AP[01]\.[A-Za-z0-9]{14,18}\.[A-Za-z0-9+/=]{8,16})", 3.3},
    {"intra42-secret", "s-s4t2|u-s4t2", R"([su]-s4t2(?:ud|af)-[a-f0-9]{64})", 3},
    {"airtable-pat", "pat\2", R"(pat[A-Za-z0-9]{14}\.[a-f0-9]{64})", 3.5},
    {"calendly-token", "eyJraWQiOiIxY2UxZTEz", R"(eyJraWQiOiIxY2UxZTEz[\w-]{40,1000}\.[\w-]{20,1000}\.[\w-]{20,200})", 4},
    {"pagerduty-key", "pdus+|pdeu+", R"(pd[ue][su]\+[A-Za-z0-9_+-]{20,40})", 3},
    {"workos-key", "sk_a2V5", R"(sk_a2V5[A-Za-z0-9+/=_]{30,100})", 3.5},
    {"svix-secret", "sv_\2", R"(sv_[A-Za-z0-9]{32,44})", 3.7},
    {"knock-key", "knock_sk_", R"(knock_sk_[\w-]{20,60})", 3.3},
    {"trigger-secret-key", "tr_prod_|tr_dev_|tr_stg_", R"(tr_(?:prod|dev|stg)_[A-Za-z0-9]{20,40})", 3.2},
    {"ethereum-infura-secret", "infura.io/v3/", R"(infura\.io/v3/[0-9a-f]{32})", 3, 0, Edge::open},
    {"alchemy-key", ".alchemy.com/v2/", R"(\.alchemy\.com/v2/[\w-]{32})", 3.3, 0, Edge::open},
    {"bitcoin-extended-private-key", "xprv", R"(xprv[1-9A-HJ-NP-Za-km-z]{107})", 4},
    {"ifttt-webhook", "maker.ifttt.com/", R"(maker\.ifttt\.com/trigger/[\w-]{1,60}/(?:json/)?with/key/[\w-]{20,50})", 3, 0, Edge::open},
};
// clang-format on

}  // namespace

std::span<const TokenRule> service_token_rules() {
    return rules;
}

}  // namespace hs::detect
