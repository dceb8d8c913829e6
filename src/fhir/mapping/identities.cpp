#include <algorithm>
#include <map>

#include "base/ascii.h"
#include "base/percent.h"
#include "dicom/value_formats.h"
#include "fhir/mapping/codings.h"
#include "fhir/mapping/parts.h"

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

const PartitionRule* rule_of(std::string_view partition, const Options& options) {
    const auto found = options.partitions.find(partition);
    return found == options.partitions.end() ? nullptr : &found->second;
}

/// RFC 3986, section 2: what may stand in a URI; `%` only before two hexadecimal digits.
bool has_characters_of_uris(std::string_view text) {
    constexpr std::string_view kMarks = "-._~:/?#[]@!$&'()*+,;=";
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        const bool escape =
            c == '%' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 && hex_value(text[at + 2]) >= 0;
        if (!is_alphanumeric(c) && kMarks.find(c) == kMarks.npos && !escape) return false;
    }
    return true;
}

/// RFC 3986: a scheme, a colon, and something behind it.
bool is_absolute_uri(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == text.npos || colon == 0 || colon + 1 == text.size()) return false;
    const auto scheme = text.substr(0, colon);
    const auto may_name = [](char c) { return is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; };
    return is_letter(text[0]) && std::all_of(scheme.begin(), scheme.end(), may_name) &&
           has_characters_of_uris(text);
}

/// FHIR wants UUIDs in lower case. Empty for what is none.
std::string uuid_uri(std::string_view uuid) {
    std::string text = "urn:uuid:";
    for (std::size_t at = 0; at < uuid.size(); ++at) {
        const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
        const char c =
            uuid[at] >= 'A' && uuid[at] <= 'F' ? static_cast<char>(uuid[at] - 'A' + 'a') : uuid[at];
        if (dash ? c != '-' : hex_value(c) < 0) return {};
        text += c;
    }
    return uuid.size() == 36 ? text : std::string{};
}

/// The URI that an issuer's text is; empty for text that only has a colon in it, as in `NORTH:MAIN`, which
/// servers refuse as a system. So no scheme counts but `urn:` and those with an authority (`http://...`).
std::string uri_of_issuer(const std::string& issuer) {
    constexpr std::string_view kOid = "urn:oid:";
    constexpr std::string_view kUuid = "urn:uuid:";
    if (!is_absolute_uri(issuer)) return {};
    if (issuer.starts_with(kOid)) return oid_uri(std::string_view(issuer).substr(kOid.size()));
    if (issuer.starts_with(kUuid)) return uuid_uri(std::string_view(issuer).substr(kUuid.size()));
    const auto parts = split(issuer, ':');
    if (parts[0] == "urn") return parts.size() > 2 && !parts[1].empty() && !parts[2].empty() ? issuer : "";
    const bool has_authority = parts[1].size() > 2 && parts[1].starts_with("//") && parts[1][2] != '/';
    return has_authority ? issuer : "";
}

std::string system_by_issuer(const DataSet& data_set, const Options& options) {
    for (const auto* qualifiers : items_of(data_set, "00100024")) {
        if (auto system = qualified_system(*qualifiers); !system.empty()) return system;
    }
    const auto issuer = stored_text(data_set, "00100021");
    if (issuer.empty()) return {};
    if (const auto mapped = options.issuer_map.find(issuer); mapped != options.issuer_map.end())
        return mapped->second;
    const auto uri = uri_of_issuer(issuer);
    return uri.empty() ? "urn:isocenter:issuer:" + percent_encode(issuer) : uri;
}

/// Empty where it has several values: none of them could be said to be the patient's (7.1).
std::string patient_id_of(const DataSet& data_set) {
    const auto* values = values_of(data_set, "00100020");
    return values != nullptr && values->size() == 1 ? exact_text(data_set, "00100020") : std::string{};
}

}  // namespace

bool is_synchronised(std::string_view partition, const Options& options) {
    const auto* rule = rule_of(partition, options);
    if (rule == nullptr) return partition == kDefaultPartition && options.target.empty();
    return rule->target == options.target;
}

std::vector<std::string> synchronised_partitions(const Options& options) {
    std::vector<std::string> names;
    if (is_synchronised(kDefaultPartition, options)) names.emplace_back(kDefaultPartition);
    for (const auto& [name, rule] : options.partitions) {
        if (name != kDefaultPartition && rule.target == options.target) names.push_back(name);
    }
    return names;
}

bool is_marked_partition(std::string_view partition, const Options& options) {
    return partition != kDefaultPartition && synchronised_partitions(options).size() > 1;
}

bool is_fhir_id(std::string_view uid) {
    constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";
    return !uid.empty() && uid.size() <= 64 && uid.find_first_not_of(kAllowed) == uid.npos;
}

std::string oid_uri(std::string_view oid) {
    const bool is_oid = oid.size() > 2 && oid[0] >= '0' && oid[0] <= '2' && oid[1] == '.';
    return is_oid && dicom::is_ui_format(oid) ? "urn:oid:" + std::string{oid} : std::string{};
}

std::string qualified_system(const DataSet& qualifiers) {
    const auto id = exact_text(qualifiers, "00400032");
    const auto type = first_text(qualifiers, "00400033");
    if (type == "ISO") return oid_uri(id);
    if (type == "UUID") return uuid_uri(id);
    return type == "URI" && is_absolute_uri(id) ? id : std::string{};
}

json::object to_json(const Identifier& identifier) {
    json::object result;
    if (!identifier.system.empty()) result["system"] = identifier.system;
    result["value"] = identifier.value;
    return result;
}

json::object accession_identifier(std::string_view number, const DataSet& source, const Context&) {
    json::object identifier{{"type", {{"coding", json::array{make_coding(kIdentifierTypes, "ACSN")}}}}};
    for (const auto* issuer : items_of(source, "00080051")) {
        if (const auto system = qualified_system(*issuer); !system.empty()) {
            identifier["system"] = system;
            break;
        }
    }
    identifier["value"] = number;
    return identifier;
}

json::array accession_identifiers(const std::vector<const DataSet*>& data_sets, const Context& context) {
    std::map<std::string, json::object> by_number;
    for (const auto* data_set : data_sets) {
        const auto number = exact_text(*data_set, "00080050");
        if (number.empty()) continue;
        auto identifier = accession_identifier(number, *data_set, context);
        // With system beats without; data sets come in order of rank, so the first of each wins.
        auto& kept = by_number[number];
        if (kept.empty() || (!kept.contains("system") && identifier.contains("system"))) kept = identifier;
    }
    json::array result;
    for (auto& [number, identifier] : by_number)
        result.push_back(std::move(identifier));
    return result;
}

std::optional<Identifier> patient_identity(const DataSet& data_set, std::string_view partition,
                                           const Options& options) {
    auto id = patient_id_of(data_set);
    if (id.empty()) return {};
    std::string system;
    if (options.is_issuer_id_used) system = system_by_issuer(data_set, options);
    const auto* rule = rule_of(partition, options);
    if (system.empty() && rule != nullptr) system = rule->patient_system;
    if (system.empty()) system = options.patient_system_id;
    return Identifier{std::move(system), std::move(id)};
}

std::optional<Identifier> patient_identity(const StudySnapshot& study, const Options& options) {
    std::vector<const DataSet*> instances;
    for (const auto& instance : study.instances)
        instances.push_back(&instance);
    const Agreement agreement{std::move(instances)};
    const auto* source =
        agreement.decider([](const DataSet& instance) { return !patient_id_of(instance).empty(); });
    if (source == nullptr) return {};
    return patient_identity(*source, study.partition, options);
}

}  // namespace isocenter::fhir
