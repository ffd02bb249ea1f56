#include "flow/assessment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "flow/context.h"
#include "wire/utf8.h"

namespace hs::flow {

using wire::Json;

namespace {

constexpr std::size_t value_bytes_max = 200;
constexpr std::size_t item_bytes_min = 4;
constexpr std::size_t links_max = 200;
constexpr std::size_t values_max = 1000;

std::optional<std::vector<std::string>> common(const std::optional<std::vector<std::string>>& a,
                                               const std::optional<std::vector<std::string>>& b) {
    if (!a) return b;
    if (!b) return a;
    std::vector<std::string> both;
    std::set_intersection(a->begin(), a->end(), b->begin(), b->end(), std::back_inserter(both));
    return both;
}

// What a JSON text holds of this one: escaped, without the quotes.
std::string escaped(std::string_view text) {
    std::string result;
    wire::append_json_string(result, text);
    return result.substr(1, result.size() - 2);
}

bool begins_with_day(std::string_view value) {
    return kind_of(value) == ValueKind::date;
}

}  // namespace

// Works one call out against what was seen.
class Assessing {
  public:
    Assessing(const Context& context, const ToolManifest& tool, const Json& arguments)
        : context_(context), world_(context.world()), tool_(tool), arguments_(arguments) {
        for (const PassagePointer& said : context.person_) {
            const auto numbers = numbers_in(said->text);
            said_numbers_.insert(numbers.begin(), numbers.end());
            const Days days = days_in(said->text);
            said_days_.insert(days.begin(), days.end());
        }
    }

    Assessment run() {
        out_.effect = tool_.effect;
        out_.label = context_.label();
        values();
        if (!tool_.is_declared() || too_many_values()) {
            unknown_tool();
            return std::move(out_);
        }
        destinations();
        objects();
        amounts();
        made();
        contents();
        egress();
        if (context_.plan()) {
            out_.planned = true;
            out_.in_plan = context_.plan()->fits(tool_.name, arguments_);
        }
        return std::move(out_);
    }

  private:
    // More than anybody would read on a card.
    bool too_many_values() const {
        std::size_t count = 0;
        if (arguments_.object() == nullptr) return false;
        for (const auto& [name, value] : *arguments_.object()) {
            count += value.array() != nullptr ? value.array()->size() : 1;
        }
        return count > values_max;
    }

    // Every argument may be anything.
    void unknown_tool() {
        out_.has_destination = out_.acts_on_object = true;
        out_.destination = out_.object = Voucher::nobody;
        out_.amount_endorsed = out_.made_endorsed = out_.content_endorsed = false;
        out_.host_endorsed = false;
        out_.carries_context = true;
        out_.is_external = out_.has_outsider = true;
        out_.content_level = out_.context_level = context_.label().classes.level();
        out_.readers_hold = out_.context_readers_hold = false;
        note("tool", tool_.name, Voucher::nobody,
             tool_.is_declared() ? "a call with too many values" : "a tool that nobody described");
    }

    void note(std::string_view role, std::string_view value, Voucher voucher,
              std::string_view origin) {
        if (out_.findings.size() >= Assessment::findings_max) return;
        const std::string mended = wire::mend_utf8(value);
        out_.findings.push_back({std::string(role),
                                 std::string(wire::cut_utf8(mended, value_bytes_max)), voucher,
                                 std::string(origin)});
    }

    // ---- values of small types ----

    // A call that takes such a value over is steered by whoever wrote it, as far as it goes.
    void values() {
        if (context_.values_.empty()) return;
        const std::string said = lowered(wire::canonical_json(arguments_));
        const auto numbers = numbers_in(said);
        const Days days = days_in(said);
        for (const PassagePointer& value : context_.values_) {
            const std::string& text = value->text;
            bool taken = is_literal(text, said, kind_of(text)) || meet(days_in(text), days);
            for (const std::string& number : numbers_in(text)) {
                taken = taken || numbers.contains(number);
            }
            if (!taken || person_says(text)) continue;
            out_.label = join(out_.label, value->label);
            note("value", text, Voucher::nobody, value->origin);
        }
    }

    // ---- what a text holds ----

    static const Passage* holding(const std::vector<PassagePointer>& passages,
                                  std::string_view value) {
        const std::string low = lowered(trimmed(value));
        if (is_deceptive(low)) return nullptr;
        const ValueKind kind = kind_of(low);
        for (const PassagePointer& passage : passages) {
            if (is_literal(low, passage->text, kind)) return passage.get();
        }
        return nullptr;
    }

    bool person_says(std::string_view value) const {
        return holding(context_.person_, value) != nullptr;
    }

    bool person_names(std::string_view name) const {
        if (is_deceptive(name)) return false;
        return std::any_of(context_.person_.begin(), context_.person_.end(),
                           [&](const PassagePointer& said) { return is_named(name, said->words); });
    }

    // Names may be written loosely ("the hotel Riverside View"), addresses and accounts may not.
    bool may_be_named(std::string_view value) const {
        const ValueKind kind = kind_of(value);
        if (kind != ValueKind::name && kind != ValueKind::quoted) return false;
        return tool_.effect == ToolEffect::buy || !world_.members.empty();
    }

    bool person_endorses(std::string_view value) const {
        return person_says(value) || (may_be_named(value) && person_names(value));
    }

    // ---- destinations ----

    bool is_participant_of_named_event(const std::string& value) const {
        for (const auto& [key, object] : context_.objects_) {
            if (!object->participants) continue;
            const auto& all = *object->participants;
            if (std::find(all.begin(), all.end(), value) == all.end()) continue;
            if (person_names(object->name)) return true;
        }
        return false;
    }

    bool is_named_contact(std::string_view value) const {
        const Contact* contact = world_.contact(value);
        if (contact == nullptr) return false;
        const std::string_view name = trimmed(contact->name);
        return person_names(name.substr(0, name.find(' ')));
    }

    bool names_a_named_person() const {
        bool any = false;
        for (const ObjectRole& role : tool_.objects) {
            if (role.kind != "user") continue;
            for (const std::string& value : values_of(arguments_, role.argument)) {
                if (!person_names(value)) return false;
                any = true;
            }
        }
        return any;
    }

    // In a chat the members and the configured channels are all there is to send to.
    Voucher in_chat(std::string_view argument, const std::string& value,
                    std::string& origin) const {
        if (argument == "channel") {
            if (world_.is_fixed_place(value)) return Voucher::fixed;
            return Voucher::nobody;
        }
        const bool reaches = tool_.effect == ToolEffect::send || tool_.effect == ToolEffect::grant;
        if (reaches && world_.is_member(value)) return Voucher::trusted;
        if (tool_.effect != ToolEffect::grant || !names_a_named_person()) return Voucher::nobody;
        const Passage* source = holding(context_.named_sources_, value);
        if (source == nullptr) return Voucher::nobody;
        origin = source->origin;
        return Voucher::named;
    }

    Voucher from_trusted_text(std::string_view value, std::string& origin) const {
        const Passage* held = holding(context_.trusted_, value);
        if (held == nullptr) return Voucher::nobody;
        origin = held->origin;
        return Voucher::trusted;
    }

    Voucher voucher_of(std::string_view argument, const std::string& value,
                       std::string& origin) const {
        if (person_endorses(value)) return Voucher::person;
        switch (tool_.effect) {
            case ToolEffect::buy:
            case ToolEffect::credential:
            case ToolEffect::destroy:
                return Voucher::nobody;
            case ToolEffect::pay:
            case ToolEffect::fetch:
                return from_trusted_text(value, origin);
            case ToolEffect::read:
            case ToolEffect::own:
            case ToolEffect::send:
            case ToolEffect::grant:
            case ToolEffect::mutate:
            case ToolEffect::unknown:
                break;
        }
        if (!world_.members.empty()) return in_chat(argument, value, origin);
        if (!world_.contacts.empty()) {
            const bool known = world_.is_organisation(value) || is_named_contact(value) ||
                               is_participant_of_named_event(value);
            if (known) return Voucher::trusted;
        }
        return from_trusted_text(value, origin);
    }

    bool is_outsider(const std::string& value) const {
        if (world_.is_organisation(value)) return false;
        if (world_.members.empty()) return true;
        return !world_.is_member(value) && value.find('.') != value.npos;
    }

    void destinations() {
        bool declared = false;
        for (const std::string& argument : tool_.destinations) {
            declared = true;
            for (const std::string& value : values_of(arguments_, argument)) {
                if (world_.is_own(value)) continue;
                destination(argument, value);
            }
        }
        if (tool_.effect != ToolEffect::send || !declared || out_.has_destination) return;
        if (world_.own.empty()) return;
        out_.to_self = std::none_of(world_.own.begin(), world_.own.end(),
                                    [&](const std::string& own) { return person_says(own); });
    }

    void destination(const std::string& argument, const std::string& value) {
        std::string origin;
        const Voucher voucher = voucher_of(argument, value, origin);
        out_.has_destination = true;
        out_.destination = std::max(out_.destination, voucher);
        out_.to_place = out_.to_place || argument == "channel";
        if (kind_of(value) == ValueKind::url) page(value, voucher);
        if (is_outsider(value)) {
            outsiders_.push_back(value);
            out_.is_external = true;
            if (voucher != Voucher::person) out_.has_outsider = true;
        }
        if (origin.empty() && voucher == Voucher::nobody) origin = context_.origin_of(value);
        note("destination", value, voucher, origin);
    }

    // A link that stands somewhere as it is was chosen, not made, by whoever follows it.
    void page(const std::string& url, Voucher voucher) {
        out_.to_page = true;
        if (voucher == Voucher::nobody && context_.origin_of(url).empty()) {
            out_.carries_context = true;
        }
        const std::string low = lowered(trimmed(url));
        const std::size_t scheme = low.find("://");
        const std::size_t begin = scheme == low.npos ? 0 : scheme + 3;
        const std::size_t end = std::min(low.find_first_of("/?#", begin), low.size());
        const std::string host = low.substr(begin, end - begin);
        const bool vouched = !host.empty() && host.find('@') == host.npos &&
                             (holding(context_.person_, host) != nullptr ||
                              holding(context_.trusted_, host) != nullptr);
        if (!vouched && voucher == Voucher::nobody) out_.host_endorsed = false;
    }

    // ---- objects ----

    Voucher place(const std::string& value) const {
        if (person_endorses(value)) return Voucher::person;
        if (!world_.is_fixed_place(value)) return Voucher::nobody;
        std::string origin;
        const Voucher held = from_trusted_text(value, origin);
        return held == Voucher::trusted ? held : Voucher::fixed;
    }

    // In the person's words and those of whoever the person pointed to, taken together.
    bool named_by_delegation(std::string_view name) const {
        Words words;
        for (const auto* passages : {&context_.person_, &context_.delegated_}) {
            for (const PassagePointer& passage : *passages) {
                words.insert(passage->words.begin(), passage->words.end());
            }
        }
        return !is_deceptive(name) && is_named(name, words);
    }

    Voucher by_id(const ObjectRole& role, const std::string& id) const {
        const auto found = context_.objects_.find({role.kind, id});
        if (found == context_.objects_.end()) {
            // Where no kinds are declared the argument may be the name itself; never a number.
            const ValueKind kind = kind_of(id);
            const bool name = kind == ValueKind::name || kind == ValueKind::path;
            return !role.is_known_kind && name && id.size() > 3 && person_says(id)
                       ? Voucher::person
                       : Voucher::nobody;
        }
        const Object& object = *found->second;
        if (person_names(object.name)) return Voucher::person;
        // What this session made, it made with leave.
        if (object.is_of_this_run && tool_.effect != ToolEffect::destroy) return Voucher::person;
        const bool delegated =
            tool_.effect == ToolEffect::mutate && named_by_delegation(object.name);
        return delegated ? Voucher::fixed : Voucher::nobody;
    }

    void objects() {
        for (const ObjectRole& role : tool_.objects) {
            for (const std::string& value : values_of(arguments_, role.argument)) {
                out_.acts_on_object = true;
                std::string origin;
                Voucher voucher = Voucher::nobody;
                if (role.kind == "channel") {
                    voucher = place(value);
                } else if (role.kind == "user") {
                    voucher =
                        person_endorses(value) ? Voucher::person : from_trusted_text(value, origin);
                } else {
                    voucher = by_id(role, value);
                }
                out_.object = std::max(out_.object, voucher);
                const auto known = context_.objects_.find({role.kind, value});
                if (known != context_.objects_.end()) origin = known->second->name;
                note("object", value, voucher, origin.empty() ? context_.origin_of(value) : origin);
                attaches_file_ = attaches_file_ || (tool_.effect == ToolEffect::send &&
                                                    role.argument == "attachments");
            }
        }
    }

    // ---- amounts, dates, names ----

    void amounts() {
        for (const std::string& argument : tool_.amounts) {
            for (const std::string& value : values_of(arguments_, argument)) {
                const auto form = number_form(trimmed(value));
                const bool endorsed = form && said_numbers_.contains(*form);
                if (!endorsed) out_.amount_endorsed = false;
                const double units = form ? std::strtod(form->c_str(), nullptr) : 9e15;
                const auto whole = static_cast<std::int64_t>(std::ceil(std::min(units, 9e15)));
                out_.amount = std::max(out_.amount, whole);
                note("amount", value, endorsed ? Voucher::person : Voucher::nobody,
                     endorsed ? "" : context_.origin_of(value));
            }
        }
    }

    bool made_by_word(const std::string& value, bool is_date) const {
        if (is_date || begins_with_day(value)) return meet(days_in(lowered(value)), said_days_);
        return person_says(value);
    }

    // A write of one's own is for a day or under a name that the person gave.
    void made() {
        if (tool_.effect != ToolEffect::own || arguments_.object() == nullptr) return;
        bool any = false;
        out_.made_endorsed = true;
        for (const auto& [name, unused] : *arguments_.object()) {
            const bool dated =
                std::find(tool_.dates.begin(), tool_.dates.end(), name) != tool_.dates.end();
            if (tool_.dates.empty() ? tool_.has_role(name) : !dated) continue;
            for (const std::string& value : values_of(arguments_, name)) {
                any = true;
                if (made_by_word(value, dated)) continue;
                out_.made_endorsed = false;
                note("name", value, Voucher::nobody, context_.origin_of(value));
            }
        }
        if (!any) out_.made_endorsed = false;
    }

    // ---- content ----

    void contents() {
        content_ = Label::nothing();
        for (const std::string& argument : tool_.contents) {
            for (const std::string& value : values_of(arguments_, argument)) content(value);
        }
        if (attaches_file_) content_.classes.add(DataClass::personal);
        out_.content_level = content_.classes.level();
    }

    void content(const std::string& value) {
        links(value);
        if (person_says(value)) return;
        out_.content_endorsed = false;
        if (const auto* item = lowest_item(value)) {
            add_content(item->classes, item->readers);
            return;
        }
        add_content(context_.label().classes, context_.label().readers);
    }

    void add_content(DataClasses classes, const std::optional<std::vector<std::string>>& readers) {
        content_.classes = content_.classes | classes;
        if (classes.level() > 0) content_.readers = common(content_.readers, readers);
    }

    const Context::Held* lowest_item(const std::string& value) const {
        const std::string low = escaped(lowered(value));
        if (value.size() < item_bytes_min) return nullptr;
        const Context::Held* lowest = nullptr;
        for (const Context::Held& item : context_.items_) {
            if (lowest != nullptr && item.classes.level() >= lowest->classes.level()) continue;
            if (item.text->find(low) != std::string::npos) lowest = &item;
        }
        return lowest;
    }

    void links(const std::string& value) {
        for (const std::string& link : links_in(value)) {
            if (out_.foreign_link) return;
            if (!links_.insert(link).second) continue;
            const bool known =
                links_.size() <= links_max && (holding(context_.person_, link) != nullptr ||
                                               holding(context_.trusted_, link) != nullptr);
            if (known) continue;
            out_.foreign_link = true;
            note("link", link, Voucher::nobody, context_.origin_of(link));
        }
    }

    bool all_outsiders_read(const std::optional<std::vector<std::string>>& readers) const {
        if (!readers) return false;
        return std::all_of(outsiders_.begin(), outsiders_.end(), [&](const std::string& who) {
            return std::find(readers->begin(), readers->end(), who) != readers->end();
        });
    }

    void egress() {
        out_.readers_hold = all_outsiders_read(content_.readers);
        out_.context_level = context_.label().classes.level();
        out_.context_readers_hold = all_outsiders_read(context_.label().readers);
    }

    const Context& context_;
    const World& world_;
    const ToolManifest& tool_;
    const Json& arguments_;
    std::set<std::string, std::less<>> said_numbers_;
    Days said_days_;
    std::vector<std::string> outsiders_;
    Label content_;
    bool attaches_file_ = false;
    std::set<std::string, std::less<>> links_;
    Assessment out_;
};

Assessment Context::assess(const ToolManifest& tool, const Json& arguments) const {
    return Assessing(*this, tool, arguments).run();
}

std::string_view voucher_name(Voucher voucher) {
    constexpr std::array<std::string_view, 5> names = {"person", "trusted", "fixed", "named",
                                                       "nobody"};
    return names[static_cast<std::size_t>(voucher)];
}

Json to_json(const std::vector<Finding>& findings) {
    wire::JsonArray list;
    for (const Finding& finding : findings) {
        Json one;
        one["role"] = finding.role;
        one["value"] = finding.value;
        one["voucher"] = voucher_name(finding.voucher);
        one["origin"] = finding.origin;
        list.push_back(std::move(one));
    }
    return Json(std::move(list));
}

base::Result<std::vector<Finding>> findings_from_json(const Json& json) {
    if (json.array() == nullptr || json.array()->size() > Assessment::findings_max) {
        return base::fail(base::Code::invalid_input, "\"findings\": expected a short list");
    }
    std::vector<Finding> findings;
    for (const Json& item : *json.array()) {
        Finding finding;
        finding.role = TRY(wire::text_at(item, "role"));
        finding.value = TRY(wire::text_at(item, "value"));
        finding.origin = TRY(wire::text_at(item, "origin"));
        const std::string voucher = TRY(wire::text_at(item, "voucher"));
        for (const Voucher each :
             {Voucher::person, Voucher::trusted, Voucher::fixed, Voucher::named, Voucher::nobody}) {
            if (voucher_name(each) == voucher) finding.voucher = each;
        }
        findings.push_back(std::move(finding));
    }
    return findings;
}

}  // namespace hs::flow
