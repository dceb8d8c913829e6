#include "app/cohort_studies.h"

#include <set>
#include <string>

#include "api/dicomweb/query_params.h"
#include "api/dicomweb/search_response.h"
#include "fhir/cohort/qido_source.h"
#include "fhir/mapping/attributes.h"
#include "fhir/mapping/options.h"

namespace isocenter::app {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kPage = 1000;

api::SearchResource resource_of(dicom::Level level) {
    switch (level) {
        case dicom::Level::study:
            return api::SearchResource::studies;
        case dicom::Level::series:
            return api::SearchResource::all_series;
        case dicom::Level::instance:
            break;
    }
    return api::SearchResource::all_instances;
}

tl::unexpected<fhir::Failure> failed(const Error& error) {
    const fhir::FailureKind kind = error.code == ErrorCode::invalid_request ? fhir::FailureKind::refused
                                   : error.code == ErrorCode::unavailable
                                       ? fhir::FailureKind::archive_down
                                       : fhir::FailureKind::archive_transient;
    return fhir::failed(kind, "the archive: " + error.message);
}

}  // namespace

fhir::Attempt<fhir::cohort::StudyRows> LocalStudies::find(const fhir::cohort::StudyQuery& query) {
    fhir::cohort::StudyRows found;
    // Partitions other than the default one do not exist here.
    if (!query.partition.empty() && query.partition != fhir::kDefaultPartition) return found;
    std::string bad_parameter;
    auto request = api::parse_search(api::standard_profile(), {resource_of(query.level), {}, {}},
                                     fhir::cohort::qido_query(query), {kPage}, bad_parameter);
    if (!request) return failed(request.error());
    if (!request->checks.empty())
        return failed(fail(ErrorCode::invalid_request, "a key of the search needs every object read"));
    std::set<std::string> known;
    for (std::uint64_t rows = 0;;) {
        request->query.offset = rows;
        request->query.limit = query.limit == 0 ? kPage : std::min(kPage, query.limit - rows);
        api::RowWriter writer(api::standard_profile(), *request, "");
        const auto summary = archive_.search(request->query, [&](index::SearchRow&& row) -> Status {
            std::string text;
            writer.append(text, row);
            json::object study = json::parse(text).as_object();
            ++rows;
            if (query.every_row || known.insert(fhir::first_text(study, "0020000D")).second)
                found.studies.push_back(std::move(study));
            return {};
        });
        if (!summary) return failed(summary.error());
        if (!summary->more) return found;
        const bool is_full = rows == query.limit;
        if (is_full || (query.most_studies != 0 && found.studies.size() > query.most_studies)) {
            found.complete = false;
            return found;
        }
    }
}

}  // namespace isocenter::app
