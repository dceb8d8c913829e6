#include "fhir/cohort/definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "dicom/attribute_path.h"
#include "dicom/tags.h"
#include "fhir/cohort/member_reader.h"
#include "fhir/cohort/search_text.h"

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostKeys = 50;
constexpr std::int64_t kOldest = 200;

/// `add`: what makes the limit inclusive.
auto age_into(std::optional<int>& target, int add = 0) {
    return [&target, add](const json::value& value, const std::string& pointer) -> Status {
        ISO_TRY(const std::int64_t number, number_of(value, pointer));
        if (number > kOldest) return bad(pointer, fmt::format("must be an age from 0 to {} years", kOldest));
        target = static_cast<int>(number) + add;
        return {};
    };
}

Result<Bound> parse_bound(std::string_view text) {
    Bound bound;
    bound.date = read_span(text);
    if (bound.date) return bound;
    const auto duration = read_duration(text);
    if (!duration)
        return fail(ErrorCode::invalid_request,
                    "must be a date (2024-02-29) or a signed duration relative to asOf (-P2Y)");
    bound.from_as_of = *duration;
    return bound;
}

Result<Duration> parse_duration(std::string_view text) {
    const auto duration = read_duration(text);
    if (!duration) return fail(ErrorCode::invalid_request, "must be a signed duration (P30D, -PT6H)");
    return *duration;
}

auto within_into(std::optional<Within>& target) {
    return [&target](const json::value& value, const std::string& pointer) -> Status {
        Within within;
        ISO_CHECK(read_members(value, pointer,
                               {{"from", parsed_into(within.from, &parse_bound)},
                                {"to", parsed_into(within.to, &parse_bound)},
                                {"on", text_into(within.on)}}));
        if (!within.from && !within.to) return bad(pointer, "needs from or to");
        target = within;
        return {};
    };
}

/// Whether the type has a date that `within` could ask for.
Status check_date(const std::string& pointer, const SearchText& search, const std::optional<Within>& within) {
    if (!within || date_rule(search.type, within->on)) return {};
    return bad(pointer + "/within/on",
               fmt::format("{} is not known as a date parameter of {}", within->on, search.type));
}

Status check_as(const std::string& as, const std::string& pointer) {
    if (as.empty()) return bad(pointer, "needs as, a name");
    if (!is_cohort_name(as))
        return bad(pointer + "/as", "must have 1 to 64 letters, digits, '-', '_' or '.', the first no point");
    return {};
}

Status check_key(const dicom::AttributePath& path, const std::string& pointer) {
    using Kind = dicom::AttributePath::Kind;
    if (path.kind == Kind::unknown) return bad(pointer, "is no attribute of the DICOM dictionary");
    if (path.kind == Kind::malformed)
        return bad(pointer,
                   "must be a keyword, eight hexadecimal digits, or a path of them through sequences");
    if (path.tags == std::vector{dicom::tags::PatientID})
        return bad(pointer, "is not allowed: the cohort names the patients");
    return {};
}

/// Each relation after those that decide which hits it looks at, whatever the order of writing; those that
/// depend on one another in a circle as written.
std::vector<Relation> by_dependency(std::vector<Relation> left) {
    std::vector<Relation> ordered;
    while (!left.empty()) {
        const auto is_ready = [&](const Relation& relation) {
            return std::none_of(left.begin(), left.end(),
                                [&](const Relation& other) { return other.of == relation.to; });
        };
        auto next = std::find_if(left.begin(), left.end(), is_ready);
        if (next == left.end()) next = left.begin();
        ordered.push_back(*next);
        left.erase(next);
    }
    return ordered;
}

class Reader {
  public:
    Result<Definition> read(const json::value& document);

  private:
    Status read_patient(const json::value& value, const std::string& pointer);
    Status read_clinical(const json::value& value, const std::string& pointer);
    Status read_imaging(const json::value& value, const std::string& pointer);
    Status read_match(const json::value& value, const std::string& pointer, Criterion& criterion);
    Status read_relation(const json::value& value, const std::string& pointer);
    Status read_returned(const json::value& value, const std::string& pointer);
    Status read_group(const json::value& value, const std::string& pointer);
    Status keep(Criterion criterion);
    Status check_new(const std::string& as, const std::string& pointer) const;
    Result<std::size_t> index_of(std::string_view as, const std::string& pointer) const;

    Definition result_;
};

Status Reader::check_new(const std::string& as, const std::string& pointer) const {
    ISO_CHECK(check_as(as, pointer));
    const auto same = [&](const auto& other) { return other.as == as; };
    if (std::any_of(result_.criteria.begin(), result_.criteria.end(), same) ||
        std::any_of(result_.returned.begin(), result_.returned.end(), same))
        return bad(pointer + "/as", fmt::format("{} is the name of another member", as));
    return {};
}

Result<std::size_t> Reader::index_of(std::string_view as, const std::string& pointer) const {
    for (std::size_t at = 0; at < result_.criteria.size(); ++at) {
        if (result_.criteria[at].as == as) return at;
    }
    return bad(pointer, fmt::format("no criterion is named {}", as));
}

Status Reader::read_patient(const json::value& value, const std::string& pointer) {
    AgeLimits& age = result_.age;
    const auto read_age = [&](const json::value& limits, const std::string& place) {
        // Each limit as an inclusive one: ages are whole numbers.
        return read_members(limits, place,
                            {{"gt", age_into(age.least, 1)},
                             {"ge", age_into(age.least)},
                             {"lt", age_into(age.most, -1)},
                             {"le", age_into(age.most)}});
    };
    std::optional<std::string> query;
    ISO_CHECK(
        read_members(value, pointer, {{"age", read_age}, {"search", parsed_into(query, &read_parameters)}}));
    result_.patient_query = query.value_or("");
    for (const auto& [one, other] : {std::pair("gt", "ge"), std::pair("lt", "le")}) {
        const json::value* limits = value.get_object().if_contains("age");
        if (limits != nullptr && limits->get_object().contains(one) && limits->get_object().contains(other))
            return bad(pointer + "/age", fmt::format("has both {} and {}", one, other));
    }
    return {};
}

Status Reader::keep(Criterion criterion) {
    if (criterion.absent && criterion.least != 1)
        return bad(criterion.pointer, "min and not exclude each other");
    result_.criteria.push_back(std::move(criterion));
    return {};
}

Status Reader::read_clinical(const json::value& value, const std::string& pointer) {
    Criterion criterion;
    criterion.pointer = pointer;
    ISO_CHECK(read_members(value, pointer,
                           {{"as", text_into(criterion.as)},
                            {"search", parsed_into(criterion.search, &read_search)},
                            {"within", within_into(criterion.within)},
                            {"min", number_into(criterion.least)},
                            {"not", flag_into(criterion.absent)}}));
    ISO_CHECK(check_new(criterion.as, pointer));
    if (!criterion.search) return bad(pointer, "needs search: Type?parameters");
    ISO_CHECK(check_date(pointer, *criterion.search, criterion.within));
    return keep(std::move(criterion));
}

Status Reader::read_match(const json::value& value, const std::string& pointer, Criterion& criterion) {
    if (!value.is_object() || value.get_object().empty() || value.get_object().size() > kMostKeys)
        return bad(pointer, "must be an object of QIDO keys and values");
    std::set<std::vector<dicom::Tag>> known;
    for (const auto& member : value.get_object()) {
        const std::string key(member.key());
        const std::string place = pointer_to(pointer, key);
        const dicom::AttributePath path = dicom::parse_attribute_path(key);
        ISO_CHECK(check_key(path, place));
        if (!known.insert(path.tags).second) return bad(place, "is the attribute of another key");
        // What only the archive knows may be of any level: that of instances has them all.
        const auto level = dicom::searchable_level(path);
        criterion.level = std::max(criterion.level, level.value_or(dicom::Level::instance));
        ISO_TRY(criterion.match[key], text_of(member.value(), place));
    }
    return {};
}

Status Reader::read_imaging(const json::value& value, const std::string& pointer) {
    Criterion criterion;
    criterion.pointer = pointer;
    ISO_CHECK(read_members(value, pointer,
                           {{"as", text_into(criterion.as)},
                            {"match", [&](const json::value& keys,
                                          const std::string& at) { return read_match(keys, at, criterion); }},
                            {"partition", text_into(criterion.partition)},
                            {"within", within_into(criterion.within)},
                            {"min", number_into(criterion.least)},
                            {"not", flag_into(criterion.absent)}}));
    ISO_CHECK(check_new(criterion.as, pointer));
    if (criterion.match.empty()) return bad(pointer, "needs match: QIDO keys and values");
    if (criterion.within && !criterion.within->on.empty())
        return bad(pointer + "/within/on", "studies are dated by study date and time only");
    return keep(std::move(criterion));
}

Status Reader::read_relation(const json::value& value, const std::string& pointer) {
    Relation relation;
    std::string of;
    std::string to;
    std::string pick = "any";
    ISO_CHECK(read_members(value, pointer,
                           {{"of", text_into(of)},
                            {"to", text_into(to)},
                            {"from", parsed_into(relation.from, &parse_duration)},
                            {"until", parsed_into(relation.until, &parse_duration)},
                            {"pick", text_into(pick)}}));
    ISO_TRY(relation.of, index_of(of, pointer + "/of"));
    ISO_TRY(relation.to, index_of(to, pointer + "/to"));
    if (relation.of == relation.to) return bad(pointer + "/to", "a criterion has no relation to itself");
    if (result_.criteria[relation.to].absent)
        return bad(pointer + "/to", fmt::format("{} has no hits: it says not", to));
    if (!relation.from && !relation.until) return bad(pointer, "needs from or until");
    if (pick != "any" && pick != "first" && pick != "last")
        return bad(pointer + "/pick", "must be any, first or last");
    relation.pick = pick == "first"  ? Relation::Pick::first
                    : pick == "last" ? Relation::Pick::last
                                     : Relation::Pick::any;
    result_.relations.push_back(relation);
    return {};
}

Status Reader::read_group(const json::value& value, const std::string& pointer) {
    std::vector<std::size_t> group;
    ISO_CHECK(read_items(value, pointer, [&](const json::value& item, const std::string& place) -> Status {
        ISO_TRY(const std::string name, text_of(item, place));
        ISO_TRY(const std::size_t index, index_of(name, place));
        if (!result_.criteria[index].decides())
            return bad(place, fmt::format("{} has min 0 and is never a condition", name));
        group.push_back(index);
        return {};
    }));
    if (group.empty()) return bad(pointer, "names no criterion");
    result_.any.push_back(std::move(group));
    return {};
}

Status Reader::read_returned(const json::value& value, const std::string& pointer) {
    Returned returned;
    returned.pointer = pointer;
    std::optional<SearchText> search;
    std::string of;
    ISO_CHECK(read_members(value, pointer,
                           {{"as", text_into(returned.as)},
                            {"search", parsed_into(search, &read_search)},
                            {"within", within_into(returned.within)},
                            {"max",
                             [&](const json::value& number, const std::string& at) -> Status {
                                 ISO_TRY(const std::int64_t most, number_of(number, at));
                                 returned.most = static_cast<std::size_t>(most);
                                 return {};
                             }},
                            {"of", text_into(of)}}));
    ISO_CHECK(check_new(returned.as, pointer));
    if (!search) return bad(pointer, "needs search: Type?parameters");
    returned.search = *search;
    ISO_CHECK(check_date(pointer, returned.search, returned.within));
    if (!of.empty()) {
        ISO_TRY(const std::size_t index, index_of(of, pointer + "/of"));
        if (!result_.criteria[index].is_imaging())
            return bad(pointer + "/of", fmt::format("{} is no imaging criterion", of));
        returned.of = index;
    }
    result_.returned.push_back(std::move(returned));
    return {};
}

Result<Definition> Reader::read(const json::value& document) {
    if (!document.is_object()) return bad("", "the definition must be an object");
    // What refers to names is read after what defines them, whatever the order of writing.
    const auto later = [](const json::value&, const std::string&) -> Status { return {}; };
    using Item = Status (Reader::*)(const json::value&, const std::string&);
    const auto items = [this](Item reader) {
        return [this, reader](const json::value& value, const std::string& pointer) {
            return read_items(value, pointer, [&](const json::value& item, const std::string& place) {
                return (this->*reader)(item, place);
            });
        };
    };
    const auto patient = [this](const json::value& value, const std::string& pointer) {
        return read_patient(value, pointer);
    };
    ISO_CHECK(read_members(document, "",
                           {{"name", text_into(result_.name)},
                            {"asOf", text_into(result_.as_of_text)},
                            {"target", text_into(result_.target)},
                            {"patient", patient},
                            {"clinical", items(&Reader::read_clinical)},
                            {"imaging", items(&Reader::read_imaging)},
                            {"relations", later},
                            {"any", later},
                            {"return", later}}));
    const std::pair<const char*, Item> second[] = {{"relations", &Reader::read_relation},
                                                   {"any", &Reader::read_group},
                                                   {"return", &Reader::read_returned}};
    for (const auto& [name, reader] : second) {
        const json::value* value = document.get_object().if_contains(name);
        if (value != nullptr) ISO_CHECK(items(reader)(*value, std::string("/") + name));
    }
    result_.relations = by_dependency(std::move(result_.relations));
    if (!result_.name.empty() && !is_cohort_name(result_.name))
        return bad("/name", "must have 1 to 64 letters, digits, '-', '_' or '.', the first no point");
    if (!result_.as_of_text.empty() && !read_span(result_.as_of_text))
        return bad("/asOf", "must be a date or a dateTime with a zone");
    return std::move(result_);
}

}  // namespace

bool Definition::has_imaging() const {
    return std::any_of(criteria.begin(), criteria.end(), [](const Criterion& c) { return c.is_imaging(); });
}

bool Definition::names_partition() const {
    return std::any_of(criteria.begin(), criteria.end(),
                       [](const Criterion& c) { return !c.partition.empty(); });
}

Status check_partitions(const Definition& definition, const std::set<std::string>& known) {
    for (const Criterion& criterion : definition.criteria) {
        if (criterion.partition.empty() || known.empty() || known.contains(criterion.partition)) continue;
        return bad(criterion.pointer + "/partition",
                   fmt::format("the archive has no partition {}", criterion.partition));
    }
    return {};
}

Status check_searchable(const Definition& definition) {
    for (const Criterion& criterion : definition.criteria) {
        for (const auto& [key, value] : criterion.match) {
            if (!dicom::searchable_level(dicom::parse_attribute_path(key)))
                return bad(pointer_to(criterion.pointer + "/match", key),
                           "is no attribute that the archive can match");
        }
    }
    return {};
}

bool is_cohort_name(std::string_view name) {
    constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    return !name.empty() && name.size() <= 64 && name[0] != '.' &&
           name.find_first_not_of(kAllowed) == std::string_view::npos;
}

Result<Definition> read_definition(std::string_view text) {
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 16;
    const json::value document = json::parse(text, error, {}, options);
    if (error) return bad("", "the definition is no JSON: " + error.message());
    return read_definition(document);
}

Result<Definition> read_definition(const json::value& document) {
    return Reader().read(document);
}

}  // namespace isocenter::fhir::cohort
