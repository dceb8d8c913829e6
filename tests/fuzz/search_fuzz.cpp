// Any text as the query string of a search, on each face and resource: what is accepted is within its limits,
// in UTF-8, and has ranges that ascend. The first byte chooses face and resource.
#include <array>
#include <variant>

#include "api/dicomweb/frame_list.h"
#include "api/dicomweb/query_params.h"
#include "base/utf8.h"
#include "support.h"

namespace {

using namespace isocenter;
using namespace isocenter::api;
using fuzz::require;

constexpr std::array kResources = {SearchResource::studies,         SearchResource::all_series,
                                   SearchResource::all_instances,   SearchResource::study_series,
                                   SearchResource::study_instances, SearchResource::series_instances};

void ascend(const std::string& from, const std::string& to) {
    require(from.empty() || to.empty() || from <= to);
}

void check(const dicom::Match& match) {
    if (const auto* text = std::get_if<dicom::MatchText>(&match)) {
        for (const std::string& value : text->any_of)
            require(is_utf8(value));
    } else if (const auto* pattern = std::get_if<dicom::MatchWildcard>(&match)) {
        require(!pattern->any_of.empty());
    } else if (const auto* name = std::get_if<dicom::MatchName>(&match)) {
        for (const std::string& value : name->any_of)
            require(is_utf8(value));
    } else if (const auto* range = std::get_if<dicom::MatchRange>(&match)) {
        ascend(range->from, range->to);
    } else if (const auto* moment = std::get_if<dicom::MatchMoment>(&match)) {
        ascend(moment->from, moment->to);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::array profiles = {&v1_profile(), &v2_profile(), &standard_profile()};
    const Profile& profile = *profiles[data[0] % profiles.size()];
    const SearchScope scope{kResources[data[0] / 8U % kResources.size()], StudyUid("1.2"),
                            SeriesUid("1.2.3")};
    const std::string text(fuzz::text_of(data + 1, size - 1));
    (void)parse_frame_list(text);
    (void)check_query_guard(profile, text);
    std::string bad_parameter;
    const auto request = parse_search(profile, scope, text, SearchLimits{}, bad_parameter);
    if (!request) {
        require(!request.error().message.empty());
        return 0;
    }
    require(request->query.limit <= 1000);
    for (const dicom::Matcher& matcher : request->query.matchers)
        check(matcher.match);
    for (const std::string& warning : request->warnings) {
        for (const char c : warning)
            require(c >= 0x20 && c < 0x7F);
    }
    return 0;
}
