#include "app/reference_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "app/cast_targets.h"

namespace isocenter::app {
namespace {

enum class Form { text, flag, milliseconds, seconds, choice, ignored };

struct Row {
    std::string_view name;  ///< in lower case
    std::string_view key;
    Form form;
};

constexpr std::array kRows{
    Row{"dicomweb:endpoint", "dicomweb.endpoint", Form::text},
    Row{"dicomweb:privateendpoint", "dicomweb.private_endpoint", Form::text},
    Row{"fhir:endpoint", "fhir.endpoint", Form::text},
    Row{"dicomcastworker:pollinterval", "cast.poll_interval_ms", Form::milliseconds},
    Row{"dicomcastworker:pollintervalduringcatchup", "", Form::ignored},
    Row{"dicomcast:features:enforcevalidationoftagvalues", "cast.enforce_validation", Form::flag},
    Row{"dicomcast:features:generateobservations", "cast.generate_observations", Form::flag},
    Row{"dicomcast:features:ignorejsonparsingerrors", "", Form::ignored},
    Row{"retryconfiguration:totalretryduration", "cast.retry_total_s", Form::seconds},
    Row{"patient:patientsystemid", "cast.patient_system_id", Form::text},
    Row{"patient:isissueridused", "cast.is_issuer_id_used", Form::flag},
    Row{"tablestore:connectionstring", "", Form::ignored},
    Row{"tablestore:endpointuri", "", Form::ignored},
    Row{"tablestore:clientid", "", Form::ignored},
    Row{"tablestore:tablenameprefix", "", Form::ignored},
    Row{"applicationinsights:instrumentationkey", "", Form::ignored},
    Row{"keyvault:endpoint", "", Form::ignored},
    Row{"cast:profile", "cast.profile", Form::text},
    Row{"cast:settle", "cast.settle_ms", Form::milliseconds},
    Row{"cast:settlemax", "cast.settle_max_ms", Form::milliseconds},
    Row{"cast:readahead", "cast.read_ahead", Form::text},
    Row{"cast:gapgrace", "cast.gap_grace_s", Form::seconds},
    Row{"cast:workers", "cast.workers", Form::text},
    Row{"cast:studiesperbundle", "cast.studies_per_bundle", Form::text},
    Row{"cast:identity", "cast.identity", Form::choice},
    Row{"cast:foreignpatient", "cast.foreign_patient", Form::choice},
    Row{"cast:subjectmismatch", "cast.subject_mismatch", Form::choice},
    Row{"cast:defaulttimezone", "cast.default_time_zone", Form::text},
    Row{"cast:legacycodings", "cast.legacy_codings", Form::flag},
    Row{"cast:descriptionasnote", "cast.description_as_note", Form::flag},
    Row{"cast:maxinlineinstances", "cast.max_inline_instances", Form::text},
    Row{"cast:deadletterdays", "cast.dead_letter_days", Form::text},
    Row{"cast:state:path", "cast.state_path", Form::text},
    Row{"cohort:forwardtoken", "cohort.forward_token", Form::flag},
    Row{"cohort:maxpatients", "cohort.max_patients", Form::text},
    Row{"cohort:resultttl", "cohort.result_ttl_s", Form::seconds},
    // Variables of hosting services, which the reference reads as well.
    Row{"identity_endpoint", "managed_identity.endpoint", Form::text},
    Row{"identity_header", "managed_identity.header", Form::text},
};

/// Below `Fhir:Authentication` and `DicomWeb:Authentication`; the kind's own section is left out, since
/// programs and guides of the reference disagree about it.
constexpr std::array kAuthFields{
    Row{"tokenuri", "token_uri", Form::text},
    Row{"clientid", "client_id", Form::text},
    Row{"clientsecret", "client_secret", Form::text},
    Row{"scope", "scope", Form::text},
    Row{"resource", "resource", Form::text},
    Row{"username", "username", Form::text},
    Row{"password", "password", Form::text},
    Row{"certificate", "certificate_file", Form::text},
    Row{"keyfile", "key_file", Form::text},
    Row{"keyid", "key_id", Form::text},
    Row{"algorithm", "algorithm", Form::text},
    Row{"path", "token_file", Form::text},
    Row{"tenantid", "", Form::ignored},
};

constexpr std::array kAuthKinds{
    std::pair{std::string_view("oauth2clientcredential"), std::string_view("client_credentials")},
    std::pair{std::string_view("oauth2userpasswordcredential"), std::string_view("password")},
    std::pair{std::string_view("oauth2clientcertificatecredential"), std::string_view("client_certificate")},
    std::pair{std::string_view("privatekeyjwt"), std::string_view("private_key_jwt")},
    std::pair{std::string_view("tokenfile"), std::string_view("token_file")},
    std::pair{std::string_view("managedidentity"), std::string_view("managed_identity")},
};

std::string to_lower(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

/// `fhir:endpoint` of `Fhir__Endpoint`.
std::string canonical(std::string_view name) {
    std::string text = to_lower(name);
    for (std::size_t at = text.find("__"); at != std::string::npos; at = text.find("__"))
        text.replace(at, 2, ":");
    return text;
}

/// `deadLetter` to `dead_letter`.
std::string to_choice(std::string_view value) {
    std::string text;
    for (const char c : value) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper && !text.empty()) text += '_';
        text += upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

Result<TranslatedSetting> translate_value(const Row& row, std::string key, std::string_view value,
                                          std::string_view origin) {
    if (row.form == Form::ignored) return TranslatedSetting{};
    if (row.form == Form::text) return TranslatedSetting{std::move(key), std::string(value)};
    if (row.form == Form::flag) return TranslatedSetting{std::move(key), to_lower(value)};
    if (row.form == Form::choice) return TranslatedSetting{std::move(key), to_choice(value)};
    const auto milliseconds = parse_duration(value);
    if (!milliseconds)
        return fail(ErrorCode::invalid_request,
                    fmt::format("{}: \"{}\" is no duration; it must be [d.]hh:mm:ss[.fff]", origin, value));
    const std::uint64_t number = row.form == Form::seconds ? (*milliseconds + 999) / 1000 : *milliseconds;
    return TranslatedSetting{std::move(key), fmt::format("{}", number)};
}

std::optional<Result<TranslatedSetting>> translate_auth(std::string_view side, std::string_view rest,
                                                        std::string_view value, std::string_view origin) {
    const std::string prefix = std::string(side) + ".auth";
    if (rest == "enabled") {
        // True says nothing: the kind is named by AuthenticationType.
        if (to_lower(value) != "false") return TranslatedSetting{};
        return TranslatedSetting{prefix, "none"};
    }
    if (rest == "authenticationtype") {
        const std::string kind = to_lower(value);
        for (const auto& [theirs, ours] : kAuthKinds) {
            if (kind == theirs) return TranslatedSetting{prefix, std::string(ours)};
        }
        return fail(ErrorCode::invalid_request,
                    fmt::format("{}: authentication of the kind {} is not built", origin, value));
    }
    const std::string_view field = rest.substr(rest.rfind(':') + 1);
    for (const Row& row : kAuthFields) {
        if (row.name == field)
            return translate_value(row, prefix + '_' + std::string(row.key), value, origin);
    }
    return std::nullopt;
}

/// The digits up to `end`, at most `most`; moves `text` past them and `end`.
std::optional<std::uint64_t> take_number(std::string_view& text, char end, std::uint64_t most) {
    const std::size_t at = end == '\0' ? text.size() : text.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + at, number);
    if (error != std::errc() || rest != text.data() + at || number > most) return std::nullopt;
    text.remove_prefix(std::min(at + 1, text.size()));
    return number;
}

/// Tables whose members are variables of their own there, and one list here.
std::optional<Result<TranslatedSetting>> translate_table(std::string_view wanted) {
    constexpr std::array kTables{
        std::pair{std::string_view("cast:issuermap"), std::string_view("cast.issuer_map")},
        std::pair{std::string_view("cast:partitions"),
                  std::string_view("cast.partitions and cast.partition_systems")},
    };
    for (const auto& [theirs, ours] : kTables) {
        if (wanted == theirs || wanted.starts_with(std::string(theirs) + ':'))
            return TranslatedSetting{{}, {}, std::string(ours)};
    }
    return std::nullopt;
}

/// `cast:targets:NAME:` and a setting in the words above.
std::optional<Result<TranslatedSetting>> translate_target(std::string_view wanted, std::string_view value,
                                                          std::string_view origin) {
    constexpr std::string_view kTargets = "cast:targets:";
    if (!wanted.starts_with(kTargets)) return std::nullopt;
    const std::string_view rest = wanted.substr(kTargets.size());
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto inner = translate_reference_setting(rest.substr(colon + 1), value, origin);
    if (inner && inner->ok() && !(*inner)->key.empty())
        (*inner)->key = std::string(kTargetPrefix) + std::string(rest.substr(0, colon)) + '.' + (*inner)->key;
    return inner;
}

}  // namespace

std::optional<std::uint64_t> parse_duration(std::string_view text) {
    std::optional<std::uint64_t> days = 0;
    const std::size_t dot = text.find('.');
    if (dot < text.find(':')) days = take_number(text, '.', 100'000);
    const auto hours = take_number(text, ':', 23);
    const auto minutes = take_number(text, ':', 59);
    const bool fraction = text.find('.') != std::string_view::npos;
    const auto seconds = take_number(text, fraction ? '.' : '\0', 59);
    if (!days || !hours || !minutes || !seconds) return std::nullopt;
    std::uint64_t milliseconds = 0;
    if (fraction) {
        if (text.empty() || text.size() > 7) return std::nullopt;
        std::string digits(text.substr(0, 3));
        digits.resize(3, '0');
        std::string_view rest = digits;
        std::string_view all = text;
        const auto read = take_number(rest, '\0', 999);
        if (!read || !take_number(all, '\0', 9'999'999)) return std::nullopt;
        milliseconds = *read;
    }
    return (((*days * 24 + *hours) * 60 + *minutes) * 60 + *seconds) * 1000 + milliseconds;
}

std::optional<Result<TranslatedSetting>> translate_reference_setting(std::string_view name,
                                                                     std::string_view value,
                                                                     std::string_view origin) {
    const std::string wanted = canonical(name);
    for (const Row& row : kRows) {
        if (row.name == wanted) return translate_value(row, std::string(row.key), value, origin);
    }
    for (const std::string_view side : {"fhir", "dicomweb"}) {
        const std::string prefix = std::string(side) + ":authentication:";
        if (wanted.starts_with(prefix))
            return translate_auth(side, std::string_view(wanted).substr(prefix.size()), value, origin);
    }
    if (auto table = translate_table(wanted)) return table;
    return translate_target(wanted, value, origin);
}

}  // namespace isocenter::app
