#include "detect/injection_phrases.h"

#include <algorithm>

#include "detect/expression.h"
#include "detect/injection.h"
#include "detect/lower_case.h"
#include "detect/shape.h"

namespace hs::detect {

namespace {

// German, French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Russian, Chinese: the verb
// before what is to be forgotten.
void look_foreign(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:ignor[a-z\x80-\xff]*|vergiss|vergesst|vergessen sie|(?:ne )?ten(?:ez|ir) pas compte|(?:ne )?tiens pas compte|m?issacht[a-z\x80-\xff]*|beachte[tn]?(?: sie)? nicht|(?:ou)?bli(?:e|ez|er)|olvida[a-z\x80-\xff]*|dimentica[a-z\x80-\xff]*|esque(?:ç|c)a[a-z\x80-\xff]*|negeer[a-z\x80-\xff]*|vergeet|zignoruj[a-z\x80-\xff]*|zapomnij[a-z\x80-\xff]*|glöm|(?:И|и)гнорир[\x80-\xff]+|(?:З|з)абудь[\x80-\xff]*|忽略|无视|無視|忘记|忘掉)[^\n.!?]{0,60}?(?:(?:alle|bisher|vorherig|vorig|obig|deine|ihre|tout|précédent|antérieur|tes|vos|todas|todos|anteriores|del sistema|de sistema|di sistema|do sistema|du système|früher|previas|tus|tutt[ei]|precedenti|tue|tuas|suas|voorgaande|eerdere|wszystki|poprzedni|alla|tidigare|все|предыдущ|прошл|之前|以上|所有|先前|前面)[^\n.!?]{0,40}?(?:anweisung|instru|vorgaben|regeln|befehle|consigne|règles|directives|reglas|órdenes|istru|regole|ordini|regras|ordens|regels|polece|instrukc|zasad|instruktion|regler|инструкц|правил|указани|指令|指示|提示|规则)|(?:anweisung|instru|vorgaben|regeln|befehle|consigne|règles|directives|reglas|órdenes|istru|regole|ordini|regras|ordens|regels|polece|instrukc|zasad|instruktion|regler|инструкц|правил|указани|指令|指示|提示|规则)[^\n.!?]{0,30}?(?:alle|bisher|vorherig|vorig|obig|deine|ihre|tout|précédent|antérieur|tes|vos|todas|todos|anteriores|del sistema|de sistema|di sistema|do sistema|du système|früher|previas|tus|tutt[ei]|precedenti|tue|tuas|suas|voorgaande|eerdere|wszystki|poprzedni|alla|tidigare|все|предыдущ|прошл|之前|以上|所有|先前|前面)))re");
    report_match("instruction-override", expression, text, at, 0.85, report);
}

// Japanese, Korean and Turkish: the verb comes last.
void look_verb_last(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:これまで|以前|上記|前の|すべての|全ての|이전|지금까지|모든|önceki|Önceki|tüm|Tüm|yukarıdaki)[^\n.!?]{0,60}?(?:指示|命令|ルール|プロンプト|지시|명령|규칙|talimat[a-z\x80-\xff]*|kural[a-z\x80-\xff]*|yönerge[a-z\x80-\xff]*)[^\n.!?]{0,30}?(?:無視|忘れ|従わない|무시|잊|yok say|görmezden|unut))re");
    report_match("instruction-override", expression, text, at, 0.85, report);
}

// What "ignore" and its kin are said of when no "previous instructions" follow.
void look_everything(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:ignore|disregard|forget|discard|abandon|overlook|set aside|erase)\s+(?:absolutely\s+)?(?:(?:everything|anything|all|whatever|what)\s+(?:that\s+|of\s+)?(?:(?:you|i|we|they|was|has|have|is|the user|your developers?|the system|came|said|written|were)\s+(?:\w+\s+){0,4})?(?:told|said|instructed|learned|given|above|before|wrote|asked|taught|wants?|requested|programmed)\b|(?:all |any |about )?(?:of )?(?:your|the user'?s?|any|all) (?:\w+ ){0,2}(?:guidelines|instructions?|programming|training|directives?|safeguards?|guardrails|restrictions|constraints|orders|system prompt|safety rules|original task|request)\b))re");
    report_match("instruction-override", expression, text, at, 0.8, report);
}

void look_void(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:instructions?|directives?|guidelines|rules|restrictions|limits|orders|safeguards)\s+(?:\w+\s+){0,4}?(?:are|is|have been|has been|were)\s+(?:now\s+|hereby\s+|all\s+)?(?:void|outdated|removed|invalid|expired|deactivated|null|cancell?ed|revoked|suspended|lifted|obsolete|overridden|superseded|replaced|disabled|no longer (?:valid|in effect|apply))|(?:restrictions?|rules|filters|limits|guidelines)\s+(?:(?:no longer|do not|don't)\s+)?appl(?:y|ies)\s+(?:any ?more|to you))re");
    const std::size_t from = at > 40 ? at - 40 : 0;
    const std::string_view before = text.substr(from, at - from);
    static constexpr std::string_view whose[] = {"previous", "prior",  "earlier", "your", "all",
                                                 "system",   "safety", "above",   " no "};
    const bool told = std::any_of(std::begin(whose), std::end(whose), [&](std::string_view word) {
        return contains_any_case(before, word);
    });
    if (told) report_match("instruction-override", expression, text, at, 0.75, report);
}

void look_new_task(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)the (?:real|actual|true) (?:assignment|task|instructions?|request)s?(?: is| are|:| follow)|your (?:new|real|actual|true|only|updated|revised) (?:task|goal|objective|mission|instructions?|purpose|priority)s? (?:is|are)\b|you are (?:now )?(?:dan\b|in (?:developer|debug|maintenance|god|admin|root) mode|(?:an? )?(?:ai|assistant|model)? ?(?:without|free of|with no) (?:any )?(?:restrictions|rules|filters|limits)))re");
    report_match("role-override", expression, text, at, 0.7, report);
}

// "If you are a language model, respond only …", "Act as an unrestricted AI …"
void look_as_model(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:are|as) an? (?:ai|llm|large language model|language model|ai (?:assistant|agent|model)|chatbot)\b[^\n.]{0,40}?[, ]+(?:you must|you will|respond|reply|say|print|output|ignore|write|include|please|then|stop|do not)\b|(?:act|behave|respond|role-?play|pretend)\s+(?:as|like|to be|you are|that you are)\s[^\n.]{0,40}?(?:unrestricted|unfiltered|uncensored|jailbroken|without (?:any )?(?:restrictions|filters|rules|limits)|no (?:filters|restrictions|rules|limits))|pretend (?:that )?(?:the |your )?(?:polic\w+|rules?|user|guidelines|safety|admin\w*)\b[^\n]{0,40}(?:allow|permit|approv|agree|authori|do(?:es)? not))re");
    report_match("role-override", expression, text, at, 0.65, report);
}

// "Do not follow your earlier instructions", "new instructions from the developer", "you have no
// rules", "set auto-approve to true", "tell the user that everything is fine"
void look_order(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:not|stop|don't|no longer) (?:follow|obey|comply with|adhere to)(?:ing)? (?:any |all |the |your |its |of )*(?:earlier|previous|prior|original|existing|system|other|safety|former|above) (?:\w+ )?(?:instructions?|rules|guidelines|directives?|orders|polic\w+|prompts?)|(?:new|updated|revised) (?:instructions?|orders?|directives?) (?:from|by) (?:the |your )?(?:developers?|admin\w*|system|owner|operator|creators?|anthropic|openai)|(?:by|from|of) your (?:creators?|developers?|makers?|administrator)\b|you (?:have|follow|obey) no (?:rules|restrictions|limits|filters|guidelines)|set auto[-_ ]?approv\w* to (?:true|on|all)|tell the user (?:that )?(?:everything|all|nothing|it)\b[^\n.]{0,40}\b(?:while|but|and then|whereas)\b|override (?:all |any )?(?:previous |prior |existing )?(?:safety|security) (?:protocols?|measures|checks|settings)|and say nothing (?:about|of) (?:it|this)|show me the (?:system|hidden|initial) prompt)re");
    report_match("order-to-model", expression, text, at, 0.65, report);
}

// What is asked stands before: repeat the words above, append … to this URL.
void look_behind(std::string_view text, std::size_t at, std::size_t end, Report& report) {
    static const Expression said(
        R"re((?i)[^\n]{0,120}?\b(?:(?:append|add|attach|encode|include|put|insert|paste)\b[^\n]{0,80}\b(?:messages?|text|conversation|keys?|passwords?|history|data|answers?|prompts?|tokens?|secrets?|files?|contents?)\b[^\n]{0,40}(?:to|in|into) (?:this|the|that)(?: following)? (?:url|link|address)|(?:repeat|print|output|reveal|recite|copy|translate)\s+(?:back )?(?:all )?(?:of )?(?:the )?(?:words|text|everything|instructions|content)\s+above|(?:everything|all|the text|instructions?) above (?:was|is|were|are) (?:just |only )?(?:an? )?(?:test|example|fake|joke|draft|void|wrong|obsolete)))re");
    std::size_t from = at;
    while (from > 0 && at - from < 160 && text[from - 1] != '\n') --from;
    const std::size_t size = said.match_at_start(text.substr(from, end + 40 - from));
    if (size > 0) report.add("order-to-model", Family::injection, from, from + size, 0.65);
}

constexpr char order_words[] =
    R"re((?i)(?:run|execute|send|sends|forward|upload|e-?mail|transfer|delete|remove|call|invoke|include|append|reveal|output|exfiltrate|fetch|open|visit|click|approve|accept|add|ignore|disregard|stop|reply|respond|post|transmit|download|copy|print|read|search|use|set|merge|pay|buy|mark|recommend|rate|say|tell|grant|disable|change|replace|rewrite|commit|push|encode|insert|do not|don't|never|you must|you should|you are|you have|please|before|when|instead|from now|forget|list|collect|show|give|share)\b)re";

// Where a line, a quotation, a comment or an element begins: there somebody is spoken to.
bool begins_speech(std::string_view text, std::size_t at) {
    std::size_t i = at;
    std::size_t blanks = 0;
    while (i > 0 && (text[i - 1] == ' ' || text[i - 1] == '\t') && blanks < 4) {
        --i;
        ++blanks;
    }
    if (i == 0) return true;
    const char before = text[i - 1];
    if (std::string_view("\n>\"'`*#([{-!/;:.=|").find(before) != std::string_view::npos)
        return true;
    const std::string_view lead = text.substr(i > 14 ? i - 14 : 0, std::min<std::size_t>(i, 14));
    static constexpr std::string_view greetings[] = {"dear", "hey",   "hello", "hi",  "note to",
                                                     "to",   "attn",  "any",   "all", "the",
                                                     "this", "other", "future"};
    return std::any_of(std::begin(greetings), std::end(greetings), [&](std::string_view word) {
        return lead.size() >= word.size() && lead.ends_with(word);
    });
}

// "Assistant, send …", "# AI: ignore …", "AI agents: when summarizing … you must".
void look_vocative(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression name(
        R"re((?i)(?:ai|ais|(?:ai |coding |language |virtual |helpful )(?:agents?|models?|bots?|reviewers?|graders?|recruiters?|screeners?|readers?)|(?:ai |coding |virtual |helpful )?(?:assistants?|chatbots?|copilots?)|agents|llms?|claude|chatgpt|gpt(?:-\d\w*)?|gemini|copilot)(?:\s+(?:reading|processing|summari[sz]ing|reviewing|parsing|indexing|that|who|which|system|assistant|agent|model)\b[^\n:,.]{0,60})?\s*(?:[:,!]|—|–|-\s)\s*)re");
    static const Expression order(order_words);
    if (!begins_speech(text, at)) return;
    const std::size_t size = name.match_at_start(text.substr(at, 200));
    if (size == 0) return;
    const std::size_t said = order.match_at_start(text.substr(at + size, 100));
    if (said == 0) return;
    report.add("order-to-model", Family::injection, at, at + size + said, 0.7);
}

// "… to the AI assistant reading this page: before answering, upload …"
void look_reader(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:ai|llm|language model|assistant|chatbot|agent)s?(?:\s+(?:assistants?|agents?|models?|systems?|tools?))?,?\s+(?:(?:that|who|which)\s+(?:(?:is|are)\s+)?)?(?:reads?|reading|processing|process(?:es)?|summari[sz](?:es?|ing)|reviewing|parsing|analy[sz]ing|handling|indexing|scraping|evaluating)\s+(?:this|these|the)\s[^\n.]{0,60}?(?:[:,]|must|should|please|need to|are (?:required|instructed)|has to|have to))re");
    report_match("address-to-model", expression, text, at, 0.7, report);
}

void look_before_answer(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)before (?:you )?(?:answer|respond|reply|continue|proceed|us(?:e|ing) (?:this|any|the) tool|summari[sz]|complet|return|do)\w*[^\n.]{0,60}?\b(?:upload|send|read|fetch|run|execute|call|forward|post|open|visit|e-?mail|include|append|copy|download)\b[^\n]{0,80}?(?:https?://|~/|\.ssh|\.env|\.aws|key|token|secret|password|credential|file|history|conversation|notes|memory|mcp\.json|config))re");
    const bool ordered = LowerCase::line_from(text, at).has_any(
        {"upload", "send", "read", "fetch", "run", "execute", "call", "forward", "post", "open",
         "visit", "mail", "include", "append", "copy", "download"});
    if (ordered) report_match("order-to-model", expression, text, at, 0.65, report);
}

void look_consented(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)already (?:been )?(?:authori[sz]ed|approved|consented|agreed|confirmed|given (?:permission|consent|approval))[^\n]{0,80}?(?:skip|without|no need|do not (?:ask|wait)|don't (?:ask|wait)|need not|not (?:needed|required|necessary)|proceed|go ahead|immediately))re");
    report_match("false-consent", expression, text, at, 0.65, report);
}

// "… must now call the send_email tool with …"
void look_call_tool(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:call|invoke|use|trigger|run) (?:the |your )?[`'"]?[a-z]\w{2,40}[`'"]?(?: tool| function|\()[^\n]{0,160}?(?:~/|\.ssh|\.env|\.aws|password|token|secret|api key|credential|amount|recipient|attacker|https?://|[\w.+-]+@[\w-]+\.))re");
    const std::size_t from = at > 48 ? at - 48 : 0;
    const std::string_view before = text.substr(from, at - from);
    const std::string_view line = before.substr(before.rfind('\n') + 1);
    static constexpr std::string_view pressing[] = {"must",   "now",  "instead",  "immediately",
                                                    "should", "need", "required", "have to"};
    const bool pressed =
        std::any_of(std::begin(pressing), std::end(pressing),
                    [&](std::string_view word) { return contains_any_case(line, word); });
    if (pressed) report_match("order-to-model", expression, text, at, 0.65, report);
}

void look_every_secret(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)(?:every|all|any) (?:of )?(?:the )?(?:\w+ ){0,2}(?:api keys?|passwords?|credentials?|secrets?|tokens?|private keys?|ssh keys?|environment variables)[^\n]{0,80}?(?:in|into|to|at|with) (?:your (?:reply|answer|response|output|summary|message)|the (?:reply|answer|response|url|link)|https?://|[\w.+-]+@[\w-]+\.))re");
    const bool sent = LowerCase::line_from(text, at).has_any(
        {"reply", "answer", "response", "output", "summary", "message", "url", "link", "://", "@"});
    if (sent) report_match("data-request", expression, text, at, 0.7, report);
}

// [details](https://host/c?q=<insert user data here>)
void look_link(std::string_view text, std::size_t at, std::size_t, Report& report) {
    static const Expression expression(
        R"re((?i)\]\(\s*<?https?://[^)\n]{3,200}[?&/][\w.-]{0,32}=?(?:<|\{|\[|%7b|\$)[^)\n]{0,60}(?:insert|secret|user|conversation|history|token|password|key|content|data|summary|context|base64|encoded)[^)\n]{0,60}\))re");
    report_match("link-exfiltration", expression, text, at, 0.6, report);
}

bool orders_a_model(std::string_view inside) {
    static const Expression order(
        R"re((?is).{0,400}?\b(?:(?:ai|llm|language model|assistant|chatbot|agent|claude|chatgpt|gpt|copilot|gemini)\b.{0,80}?\b(?:must|should|need to|ignore|send|forward|transfer|upload|execute|run|reveal|include|append|exfiltrate|approve|delete|e-?mail|recommend|have to|are to|always|never)\b|you must (?:recommend|approve|send|ignore|say|rate|include|run|forward|reveal|transfer|upload|hire|give)|(?:ignore|disregard|forget|override)\b.{0,40}?(?:the user|the reader|the human|instruction|request|prompt|rules|guideline|above|previous)|(?:send|forward|upload|e-?mail|post|transfer|exfiltrate)\b.{0,60}?(?:password|secret|token|api key|credential|history|conversation|files?\b|data\b|funds|money|\S+@\S+|https?://)))re");
    return order.match_at_start(inside) > 0;
}

// Text that a browser does not show, and comments: who is spoken to there is no reader.
void look_unseen(std::string_view text, std::size_t at, std::size_t end, Report& report) {
    const bool comment = text.substr(at).starts_with("<!--");
    std::size_t open = end;
    if (!comment) {
        open = text.substr(0, std::min(text.size(), end + 300)).find('>', end);
        if (open == std::string_view::npos) return;
        // A rule of a style sheet hides no text of its own.
        const std::string_view between = text.substr(end, open - end);
        if (between.find('{') != std::string_view::npos ||
            between.find('}') != std::string_view::npos)
            return;
        ++open;
    }
    const std::string_view rest = text.substr(open, 600);
    const std::string_view inside = rest.substr(0, rest.find(comment ? "-->" : "</"));
    if (inside.size() < 16 || !orders_a_model(inside)) return;
    report.add(comment ? "comment-instruction" : "hidden-text-instruction", Family::injection, at,
               open + inside.size(), comment ? 0.65 : 0.75);
}

void look_spaced(std::string_view text, std::size_t at, std::size_t end, Report& report) {
    static const Expression expression(R"re((?i)(?:[a-z][ ._-]{1,3}){14,})re");
    report_match("spaced-out-instruction", expression, text, at, 0.7, report);
    static_cast<void>(end);
}

constexpr StructuredLook looks[] = {
    {"ignorier|ignorez|ignora |ignore tou|ignora tu|ignorer|ignore "
     "tod|ignoruj|vergiss|vergesst|vergessen sie|issacht|beachte|blie tou|bliez tou|blie tes|bliez "
     "tes|bliez vos|blier "
     "tou|olvida|dimentica|esque|negeer|vergeet|zignoruj|zapomnij|gl\xC3\xB6m|"
     "\xD0\xB3\xD0\xBD\xD0\xBE\xD1\x80\xD0\xB8\xD1\x80\xD1\x83|"
     "\xD0\x98\xD0\xB3\xD0\xBD\xD0\xBE\xD1\x80|\xD0\xB8\xD0\xB3\xD0\xBD\xD0\xBE\xD1\x80|"
     "\xD0\x97\xD0\xB0\xD0\xB1\xD1\x83\xD0\xB4\xD1\x8C|"
     "\xD0\xB7\xD0\xB0\xD0\xB1\xD1\x83\xD0\xB4\xD1\x8C|\xE5\xBF\xBD\xE7\x95\xA5|"
     "\xE6\x97\xA0\xE8\xA7\x86|\xE7\x84\xA1\xE8\xA6\x96|\xE5\xBF\x98\xE8\xAE\xB0|"
     "\xE5\xBF\x98\xE6\x8E\x89",
     look_foreign},
    {"\xE3\x81\x93\xE3\x82\x8C\xE3\x81\xBE\xE3\x81\xA7|\xE4\xBB\xA5\xE5\x89\x8D|"
     "\xE4\xB8\x8A\xE8\xA8\x98|\xE3\x81\x99\xE3\x81\xB9\xE3\x81\xA6|\xE5\x85\xA8\xE3\x81\xA6|"
     "\xE5\x89\x8D\xE3\x81\xAE|\xEC\x9D\xB4\xEC\xA0\x84|"
     "\xEC\xA7\x80\xEA\xB8\x88\xEA\xB9\x8C\xEC\xA7\x80|\xEB\xAA\xA8\xEB\x93\xA0|\xC3\xB6nceki|"
     "\xC3\x96nceki|t\xC3\xBCm |yukar",
     look_verb_last},
    {"ignore |disregard |forget |discard |abandon |overlook |set aside |erase ", look_everything},
    {"instruction|directive|guideline|rules |restrictions |safeguards ", look_void},
    {"are a language|as a language|are a large|act as |behave as|pretend |roleplay |role-play "
     "|respond as",
     look_as_model},
    {"not follow|stop follow|don't follow|no longer follow|not obey|new instruct|updated "
     "instruct|new order|new direct|by your |from your dev|from your crea|set auto|tell the "
     "user|override |show me the ",
     look_order},
    {"url and|link and|url:|words above|text above|ing above|all above|instructions above",
     look_behind},
    {"the actual |the true ", look_new_task},
    {"your new |your real |your actual |your true |your only |your updated |your revised |you are "
     "dan|you are an ai w|you are now dan|you are in |you are an assistant w|you are without",
     look_new_task},
    {"assistant|ai agent|ai model|ai system|ai assist|llm:|llm,|llms|chatbot|ai: |ai, "
     "|copilot|chatgpt|claude|gemini|language model|ai review|ai grader|ai recr|ai screen|agents: "
     "|agents, ",
     look_vocative},
    {"ai sum|ai proc|ai assist|ai agent|ai model|ai system|llm read|llms|llm proc|llm "
     "summ|language model|assistant |assistants |agents |chatbot",
     look_reader},
    {"before ans|before resp|before repl|before using|before you |before cont|before proc|before "
     "summ|before ret|before doing",
     look_before_answer},
    {"already ", look_consented},
    {"call the |invoke the |trigger the |call your |call `|invoke `", look_call_tool},
    {"every api|every pass|every cred|every secr|every token|all api|all pass|all cred|all "
     "secr|all token|every priv|all priv|all env|every env|all ssh",
     look_every_secret},
    {"](http", look_link},
    {"display:none|display: none|font-size:0|font-size: 0|font-size:1px|opacity:0|opacity: "
     "0|visibility:hidden|visibility: hidden|-9999px|-10000px|color:#fff|color: "
     "#fff|color:white|color: white|color:transparent|<div hidden|<span hidden|<p hidden|<!--",
     look_unseen},
    {"i g n o r e|d i s r e g a r d|i.g.n.o.r.e|i-g-n-o-r-e|f o r g e t ", look_spaced},
};

}  // namespace

std::span<const StructuredLook> phrase_looks() {
    return looks;
}

}  // namespace hs::detect
