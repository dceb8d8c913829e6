#pragma once

#include <gtest/gtest.h>

#include <boost/algorithm/string/replace.hpp>
#include <boost/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fhir/mapping/test_study.h"
#include "fhir/plan/lookups.h"
#include "fhir/plan/plan.h"

namespace isocenter::fhir::testing {

inline constexpr auto kOwn = "https://pacs.lakeside.test/v2";

/// A FHIR server of the simplest kind: entries of a plan are applied to what it holds.
class Planning : public ::testing::Test {
  protected:
    Wanted wanted(std::vector<boost::json::object> instances) {
        Snapshot snapshot{study_of(std::move(instances)), {}, {}};
        snapshot.study.removed_instances = removed_;
        std::vector<ValidationRecord> records;
        auto result = compute_wanted(snapshot, options_, records);
        EXPECT_TRUE(result.ok());
        return *result;
    }
    Result<Plan> plan(std::vector<boost::json::object> instances) {
        return make_plan(wanted(std::move(instances)), existing_, options_, target_);
    }
    /// Runs the job and applies its bundle; ids of the server's own where the entry names none.
    Plan apply(std::vector<boost::json::object> instances) {
        auto made = plan(std::move(instances));
        EXPECT_TRUE(made.ok());
        std::vector<std::pair<std::string, std::string>> given;  // urn:uuid:..., Type/id
        for (const auto& planned : made->entries) {
            auto& hits = hits_of(planned.type);
            const std::string url{planned.entry.at("request").at("url").as_string()};
            std::erase_if(hits, [&](const boost::json::object& hit) {
                return planned.type + "/" + std::string{hit.at("id").as_string()} == url;
            });
            if (planned.action == PlannedEntry::Action::remove) continue;
            auto resource = planned.entry.at("resource").as_object();
            if (!resource.contains("id")) {
                const std::string id = "s" + std::to_string(++last_id_);
                given.emplace_back(planned.entry.at("fullUrl").as_string(), planned.type + "/" + id);
                resource["id"] = id;
            }
            resource["meta"].as_object()["versionId"] = std::to_string(++version_);
            hits.push_back(std::move(resource));
        }
        for (const char* type : {"Endpoint", "ImagingStudy", "Patient", "Observation"}) {
            for (auto& hit : hits_of(type))
                hit = with_ids_for(hit, given);
        }
        return *made;
    }
    static boost::json::object with_ids_for(const boost::json::object& resource,
                                            const std::vector<std::pair<std::string, std::string>>& given) {
        std::string text = boost::json::serialize(resource);
        for (const auto& [urn, reference] : given)
            boost::algorithm::replace_all(text, urn, reference);
        return boost::json::parse(text).as_object();
    }
    std::vector<boost::json::object>& hits_of(const std::string& type) {
        if (type == "Endpoint") return existing_.endpoints;
        if (type == "ImagingStudy") return existing_.studies;
        return type == "Patient" ? existing_.patients : existing_.observations;
    }
    static const PlannedEntry* entry_of(const Plan& plan, std::string_view type) {
        for (const auto& entry : plan.entries) {
            if (entry.type == type) return &entry;
        }
        return nullptr;
    }

    Options options_{.own_endpoint = kOwn, .patient_system_id = "urn:lakeside:mrn"};
    Target target_{"https://fhir.test/r4", {"Endpoint", "ImagingStudy", "Observation", "Patient"}, false};
    Existing existing_;
    std::set<std::string> removed_;
    int last_id_ = 0;
    int version_ = 0;
};

}  // namespace isocenter::fhir::testing
