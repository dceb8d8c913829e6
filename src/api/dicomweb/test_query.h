#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "api/dicomweb/query_params.h"

namespace isocenter::api {

// For tests: search requests of either kind of face.

inline Profile standard() {
    Profile profile;
    profile.standard = true;
    return profile;
}

inline Profile compatible(bool broad) {
    Profile profile;
    profile.standard = false;
    profile.default_limit = 100;
    profile.max_limit = 200;
    profile.reject_limit_above_max = true;
    profile.broad_search_defaults = broad;
    return profile;
}

inline SearchScope scope_of(SearchResource resource) {
    SearchScope scope{resource, StudyUid{}, SeriesUid{}};
    if (!covers_level(resource, dicom::Level::study)) scope.study = StudyUid("1.2");
    if (resource == SearchResource::series_instances) scope.series = SeriesUid("1.2.3");
    return scope;
}

struct Parsed {
    Result<SearchRequest> request;
    std::string parameter;
};

inline Parsed parse(const Profile& profile, std::string_view query,
                    SearchResource resource = SearchResource::studies) {
    std::string parameter;
    auto request = parse_search(profile, scope_of(resource), query, SearchLimits{}, parameter);
    return {std::move(request), std::move(parameter)};
}

inline constexpr std::array kResources{SearchResource::studies,         SearchResource::all_series,
                                       SearchResource::all_instances,   SearchResource::study_series,
                                       SearchResource::study_instances, SearchResource::series_instances};

inline const dicom::Match& only_match(const Parsed& parsed) {
    EXPECT_EQ(parsed.request->query.matchers.size(), 1U);
    return parsed.request->query.matchers.front().match;
}

}  // namespace isocenter::api
