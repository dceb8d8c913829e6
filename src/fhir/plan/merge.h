#pragma once

#include <boost/json.hpp>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "fhir/json_members.h"
#include "fhir/mapping/wanted.h"
#include "fhir/plan/plan.h"

/// How a wanted resource changes the one found. Each returns the altered copy; references are resolved.
namespace isocenter::fhir {

/// What a merge has to know beside the two resources.
struct MergeContext {
    const Options& options;
    bool own = false;                     ///< the resource found is ours
    std::set<std::string> our_endpoints;  ///< references
    std::set<std::string> removed_instances;
};

/// Sets `elements` to what is wanted; those not wanted go. What stands beside a primitive value (`_element`)
/// goes with the value it is about.
void set_exact(boost::json::object& found, const boost::json::object& wanted,
               std::span<const std::string_view> elements);
/// Fills single values that are absent; lists gain what they lack. An absent value with a `_element` stays
/// absent.
void fill_gaps(boost::json::object& found, const boost::json::object& wanted,
               std::span<const std::string_view> elements);
/// Whether `there` says what `item` does, perhaps with more words: a use, a period, the display of a code.
bool says(const boost::json::value& there, const boost::json::value& item);
/// Appends what no member says yet.
void gain(boost::json::array& found, const boost::json::array& wanted);

boost::json::object merge_patient(const boost::json::object& found, const boost::json::object& wanted,
                                  const MergeContext& context);
boost::json::object merge_endpoint(const boost::json::object& found, const boost::json::object& wanted,
                                   const MergeContext& context);
/// `subject` is left to the caller.
boost::json::object merge_study(const boost::json::object& found, const boost::json::object& wanted,
                                const MergeContext& context);
/// The study without what is ours, because the archive has it no more.
boost::json::object withdraw_study(const boost::json::object& found, const MergeContext& context);
/// Instances of series that another archive holds too, which `wanted` has not and no deletion named: whether
/// they are the other's cannot be known.
std::size_t undecided_instances(const boost::json::object& found, const boost::json::object& wanted,
                                const MergeContext& context);
/// What is left when the server refuses to delete: no series, counts 0, `entered-in-error`.
boost::json::object entered_in_error(const boost::json::object& found);
boost::json::object merge_observation(const boost::json::object& found, const boost::json::object& wanted);

}  // namespace isocenter::fhir
