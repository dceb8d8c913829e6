#pragma once

#include <boost/json.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "fhir/mapping/wanted.h"
#include "fhir/plan/lookups.h"

namespace isocenter::fhir {

/// The server a plan is made for.
struct Target {
    std::string base;                      ///< without '/' at the end; makes fullUrl absolute
    std::set<std::string> update_creates;  ///< types whose PUT to a new id creates
    /// The server refused to delete what others refer to: such resources become `entered-in-error` instead.
    bool keep_referenced = false;
    /// ImagingStudies and Observations of ours that are duplicates are deleted.
    bool remove_duplicates = false;
};

/// Something the bundle does not settle.
struct Finding {
    enum class Kind {
        duplicate,
        subject_kept,
        instances_kept,    ///< of a shared series: the archive has them not, and no deletion named them
        observation_left,  ///< another writer's tells of the report or event, so ours is not written
    };
    Kind kind = Kind::duplicate;
    std::string reference;  ///< `Type/id` of the resource concerned
    std::string text;
};

/// One entry of the transaction.
struct PlannedEntry {
    enum class Action { create, update, remove };
    Action action = Action::create;
    std::string type;
    std::string reference;              ///< `Type/id`; a `urn:uuid:` where the server will choose the id
    std::vector<std::string> elements;  ///< that differ, for reports; empty unless `update`
    boost::json::object entry;          ///< Bundle.entry
};

/// Entries in the order of the bundle: Endpoint, ImagingStudy, Observations, Patients. None: nothing to do.
struct Plan {
    std::vector<PlannedEntry> entries;
    std::vector<Finding> findings;
};

/// The difference between what should exist and what was found. Errors are of the dead letter class `fhir`
/// (code conflict): several foreign matches, our Endpoint with another address, another subject under
/// `SubjectMismatch::dead_letter`.
Result<Plan> make_plan(const Wanted& wanted, const Existing& existing, const Options& options,
                       const Target& target);

/// The ids that the plan's entries create by PUT, by type. Whatever has them would be overwritten: what
/// reading them brings goes into `Existing::holders`, and the plan is made again.
std::map<std::string, std::vector<std::string>> chosen_ids(const Plan& plan);

/// The id of a resource of ours: UUIDv5 of `{Type}|{system}|{value}[|{partition}]`. The value of an
/// Observation is followed by that of its study: `{value}|{study}`.
std::string resource_id(std::string_view type, const Identifier& identity, std::string_view partition);

/// Whether both say the same: order of members, `text`, extensions and `meta` but for `source` do not count.
bool is_equal_content(const boost::json::value& left, const boost::json::value& right);

/// The members that do not say the same in both, sorted.
std::vector<std::string> differing_elements(const boost::json::object& left,
                                            const boost::json::object& right);

}  // namespace isocenter::fhir
