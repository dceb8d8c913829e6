#include "app/cast_check.h"

#include <boost/json.hpp>
#include <utility>

#include "app/cast_auth.h"
#include "app/cast_options.h"
#include "app/cast_targets.h"
#include "fhir/auth/authorizing_sender.h"
#include "fhir/classic/classic_job.h"
#include "fhir/classic/http_entry_source.h"
#include "fhir/engine/study_job.h"
#include "fhir/feed/http_archive_source.h"
#include "fhir/feed/http_change_source.h"
#include "net/http_client.h"

namespace isocenter::app {
namespace {

namespace json = boost::json;

Error error_of(const fhir::Failure& failure) {
    return fail(failure.kind == fhir::FailureKind::cancelled ? ErrorCode::cancelled : ErrorCode::unavailable,
                failure.text);
}

}  // namespace

Result<fhir::ReconciliationResult> check_cast(const Settings& all, std::string_view target,
                                              fhir::Reconciliation::Options options,
                                              const fhir::Reconciliation::Sink& sink,
                                              const fhir::Reconciliation::Progress& progress,
                                              std::stop_token stop) {
    ISO_CHECK(check_targets_differ(all));
    ISO_TRY(const Settings settings, settings_of_target(all, target));
    ISO_TRY(const fhir::Options content, cast_content_options(settings, target));
    ISO_CHECK(fhir::check_filter(options.filter, fhir::synchronised_partitions(content)));
    if (is_classic(settings) && fhir::synchronised_partitions(content).size() > 1)
        return fail(
            ErrorCode::invalid_request,
            "what the profile cast-compatible writes does not tell partitions apart: it can be checked where "
            "one goes to the target");
    ISO_TRY(const CastAuth auth, cast_auth(settings));
    net::HttpClientPool sender(net::HttpClient::Options{.stop = stop});
    const fhir::TokenTime time{fhir::pause_until(stop)};
    fhir::AuthorizingSender to_archive(sender, fhir::make_token_source(auth.dicom, sender, time));
    fhir::AuthorizingSender to_fhir(sender, fhir::make_token_source(auth.fhir, sender, time));
    fhir::HttpArchiveSource archive(to_archive, {.root = archive_root(settings)});
    fhir::FhirClient client(to_fhir, {.base = settings.fhir_endpoint});
    const auto capability = client.capability();
    if (!capability) return error_of(capability.error());
    if (options.repair) {
        // What is removed is removed for good: whoever answers must be an archive in all that is asked of
        // one.
        fhir::HttpChangeSource feed(to_archive, {.root = archive_root(settings)});
        ISO_TRY([[maybe_unused]] const std::int64_t newest, feed.latest());
    }
    if (!capability->usable()) return fail(ErrorCode::invalid_request, fhir::unusable_server(*capability));
    fhir::StudyJob job(archive, client, content);
    fhir::classic::HttpEntrySource entries(to_archive, {.root = archive_root(settings)});
    fhir::classic::ClassicJob classic({entries, archive, client}, content);
    fhir::ComparingRunner& runner = is_classic(settings) ? static_cast<fhir::ComparingRunner&>(classic) : job;
    options.workers = is_classic(settings) ? 1 : settings.cast_workers;
    // Resources of one profile are not those of the other.
    options.observations = content.generate_observations && !is_classic(settings);
    options.partitions = fhir::synchronised_partitions(content);
    fhir::Reconciliation reconciliation(std::move(options), {archive, runner, client, content}, sink,
                                        progress);
    auto result = reconciliation.run(stop);
    if (!result) return error_of(result.error());
    return *std::move(result);
}

std::string discrepancy_json(const fhir::Discrepancy& discrepancy) {
    json::object made{{"finding", to_string(discrepancy.kind)}};
    const auto add = [&](const char* name, std::string_view text) {
        if (!text.empty()) made[name] = text;
    };
    add("partition", discrepancy.key.partition);
    add("study", discrepancy.key.study_uid);
    add("resource", discrepancy.resource);
    if (!discrepancy.elements.empty())
        made["elements"] = json::array(discrepancy.elements.begin(), discrepancy.elements.end());
    add("remedy", discrepancy.remedy);
    if (discrepancy.mended) made["mended"] = true;
    add("text", discrepancy.text);
    return json::serialize(made);
}

std::string reconciliation_json(const fhir::ReconciliationResult& result) {
    using Kind = fhir::Discrepancy::Kind;
    json::object made{{"studies", result.studies}};
    for (const Kind kind : {Kind::missing, Kind::different, Kind::extra, Kind::duplicate, Kind::unwritable,
                            Kind::undecided, Kind::unused}) {
        const auto found = result.found.find(kind);
        made[to_string(kind)] = found == result.found.end() ? std::uint64_t{0} : found->second;
    }
    made["mended"] = result.mended;
    made["remaining"] = result.remaining;
    return json::serialize(made);
}

}  // namespace isocenter::app
