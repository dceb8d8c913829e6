#include "app/cast_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "app/cast_targets.h"
#include "base/digest.h"
#include "fhir/feed/http_change_source.h"

namespace isocenter::app {
namespace {

/// Addresses are printed and written into resources, so a password in one is refused.
bool is_http_url(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!text.starts_with(scheme)) continue;
        const std::string_view authority =
            text.substr(scheme.size(), text.find('/', scheme.size()) - scheme.size());
        return !authority.empty() && authority.find('@') == std::string_view::npos;
    }
    return false;
}

Status check_urls(const Settings& settings) {
    for (const auto& [name, url] : {std::pair("fhir.endpoint", &settings.fhir_endpoint),
                                    std::pair("dicomweb.endpoint", &settings.dicomweb_endpoint)}) {
        if (!is_http_url(*url))
            return fail(ErrorCode::invalid_request,
                        fmt::format("{} must be given and be an http address without user name", name));
    }
    if (!settings.dicomweb_private_endpoint.empty() && !is_http_url(settings.dicomweb_private_endpoint))
        return fail(ErrorCode::invalid_request,
                    "dicomweb.private_endpoint must be an http address without user name");
    return {};
}

fhir::SubjectMismatch subject_mismatch_of(std::string_view name) {
    if (name == "relink") return fhir::SubjectMismatch::relink;
    if (name == "keep") return fhir::SubjectMismatch::keep;
    return name == "dead_letter" ? fhir::SubjectMismatch::dead_letter : fhir::SubjectMismatch::by_owner;
}

Result<std::pair<std::string, std::string>> split_member(const std::string& member, std::string_view form) {
    const std::size_t equals = member.find('=');
    if (equals == std::string::npos || equals == 0)
        return fail(ErrorCode::invalid_request, fmt::format("{}, not {}", form, member));
    return std::pair(member.substr(0, equals), member.substr(equals + 1));
}

Result<std::map<std::string, fhir::PartitionRule, std::less<>>> partition_rules(const Settings& settings) {
    std::map<std::string, fhir::PartitionRule, std::less<>> rules;
    for (const std::string& member : settings.cast_partitions) {
        ISO_TRY(const auto pair, split_member(member, "cast.partitions takes partition=target"));
        const bool known = pair.second == kDefaultTarget || settings.cast_targets.contains(pair.second);
        if (!known)
            return fail(ErrorCode::invalid_request,
                        fmt::format("cast.partitions: there is no target {}", pair.second));
        rules[pair.first].target = pair.second == kDefaultTarget ? std::string() : pair.second;
    }
    for (const std::string& member : settings.cast_partition_systems) {
        ISO_TRY(const auto pair, split_member(member, "cast.partition_systems takes partition=URI"));
        const auto rule = rules.find(pair.first);
        // Of the default partition a system may be all that is said.
        if (rule == rules.end() && pair.first != fhir::kDefaultPartition)
            return fail(ErrorCode::invalid_request,
                        fmt::format("cast.partition_systems: {} is not in cast.partitions", pair.first));
        rules[pair.first].patient_system = pair.second;
    }
    return rules;
}

/// A bare host gains a '/', as the reference writes it.
std::string normalised(const std::string& endpoint) {
    const bool bare = endpoint.find('/', endpoint.find("://") + 3) == std::string::npos;
    return bare ? endpoint + '/' : endpoint;
}

}  // namespace

Result<fhir::Options> content_options(const Settings& settings) {
    fhir::Options options;
    options.patient_system_id = settings.cast_patient_system_id;
    options.is_issuer_id_used = settings.cast_is_issuer_id_used;
    for (const std::string& member : settings.cast_issuer_map) {
        ISO_TRY(const auto pair, split_member(member, "cast.issuer_map takes issuer=URI"));
        options.issuer_map[pair.first] = pair.second;
    }
    ISO_TRY(options.partitions, partition_rules(settings));
    options.default_time_zone = settings.cast_default_time_zone;
    if (!fhir::is_time_zone(options.default_time_zone))
        return fail(ErrorCode::invalid_request,
                    "cast.default_time_zone: there is no time zone " + options.default_time_zone);
    options.legacy_codings = settings.cast_legacy_codings;
    options.description_as_note = settings.cast_description_as_note;
    options.max_inline_instances = settings.cast_max_inline_instances;
    options.generate_observations = settings.cast_generate_observations;
    options.enforce_validation = settings.cast_enforce_validation;
    options.subject_mismatch = subject_mismatch_of(settings.cast_subject_mismatch);
    options.foreign_patient =
        settings.cast_foreign_patient == "keep" ? fhir::ForeignPatient::keep : fhir::ForeignPatient::fill;
    options.identity = settings.cast_identity == "conditional" ? fhir::IdentityMode::conditional
                                                               : fhir::IdentityMode::automatic;
    return options;
}

Result<ListenAddress> parse_listen_address(const std::string& text) {
    const Error refusal =
        fail(ErrorCode::invalid_request, "cast.listen must be ADDRESS:PORT (127.0.0.1:8081), not " + text);
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0) return refusal;
    ListenAddress address{text.substr(0, colon), 0};
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, address.port);
    if (error != std::errc() || rest != end) return refusal;
    const bool bracketed = address.host.front() == '[' && address.host.back() == ']';
    if (bracketed) address.host = address.host.substr(1, address.host.size() - 2);
    if (address.host.empty() || bracketed != (address.host.find(':') != std::string::npos)) return refusal;
    return address;
}

Result<fhir::Options> cast_content_options(const Settings& settings, std::string_view target) {
    ISO_CHECK(check_urls(settings));
    ISO_TRY(fhir::Options options, content_options(settings));
    if (target != kDefaultTarget) options.target = target;
    options.own_endpoint = normalised(settings.dicomweb_endpoint);
    return options;
}

bool is_classic(const Settings& settings) {
    return settings.cast_profile == "cast-compatible";
}

std::string archive_root(const Settings& settings) {
    const std::string& called = settings.dicomweb_private_endpoint;
    return fhir::service_root(called.empty() ? settings.dicomweb_endpoint : called);
}

fhir::EngineOptions cast_engine_options(const Settings& settings) {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
    fhir::EngineOptions options;
    options.owner = fmt::format("{}:{}:{}", host.data(), ::getpid(), random_hex(4));
    options.lease = settings.cast_lease;
    options.settling.settle = std::chrono::milliseconds(settings.cast_settle_ms);
    options.settling.settle_max = std::chrono::milliseconds(settings.cast_settle_max_ms);
    options.settling.entry_by_entry = is_classic(settings);
    // Entries one after the other: what the last one says of a patient stands.
    options.workers = is_classic(settings) ? 1 : settings.cast_workers;
    options.studies_per_bundle = is_classic(settings) ? 1 : settings.cast_studies_per_bundle;
    options.read_ahead = settings.cast_read_ahead;
    options.retry_budget = std::chrono::seconds(settings.cast_retry_total_s);
    options.letter_days = std::chrono::hours(24 * settings.cast_dead_letter_days);
    return options;
}

}  // namespace isocenter::app
