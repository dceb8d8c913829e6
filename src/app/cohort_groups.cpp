#include "app/cohort_groups.h"

#include "base/log.h"
#include "fhir/cohort/failure.h"
#include "fhir/cohort/group.h"

namespace isocenter::app {
namespace {

namespace cohort = fhir::cohort;
namespace json = boost::json;
using Kind = cohort::CohortFailure::Kind;

constexpr std::chrono::seconds kMoment{5};
/// What was frozen later is to be written later.
constexpr std::chrono::minutes kLong{10};

tl::unexpected<cohort::CohortFailure> of_store(const Error& error) {
    return cohort::not_found({Kind::unavailable, {}, error.message, {}});
}

}  // namespace

cohort::Found<NameLocks::Turn> CohortGroups::turn(const std::string& name, std::chrono::seconds patience) {
    auto mine = busy_.take(name, patience);
    if (mine) return *std::move(mine);
    return cohort::not_found({Kind::unavailable, {}, "the Group of the cohort is being written", kMoment});
}

cohort::Found<NameLocks::Turn> CohortGroups::turn_to_freeze(const std::string& name) {
    return turn(name, kLong);
}

cohort::Found<NameLocks::Turn> CohortGroups::turn_to_end(const std::string& name) {
    return turn(name, kMoment);
}

cohort::Found<json::object> CohortGroups::write(CohortRun& run, const std::string& name,
                                                const cohort::Selection& selection) {
    const auto known = store_.group_of(name);
    if (!known) return of_store(known.error());
    const std::string uuid = known->empty() ? cohort::random_uuid() : *known;
    // Kept first: a Group whose answer is lost is found again.
    if (const Status kept = store_.keep_group(name, uuid); !kept) return of_store(kept.error());
    const auto written = run.write_group(uuid, name, selection);
    if (written) return json::object{{"group", *written}};
    if (written.error().kind == Kind::cancelled) return cohort::not_found(written.error());
    const bool never_there = known->empty() && written.error().kind == Kind::refused;
    if (never_there) static_cast<void>(store_.keep_group(name, {}));
    return json::object{{"groupError", written.error().text}};
}

cohort::Found<void> CohortGroups::remove(CohortRun& run, const std::string& name) {
    const auto uuid = store_.group_of(name);
    if (!uuid) return of_store(uuid.error());
    if (uuid->empty()) return {};
    const auto removed = run.remove_group(*uuid);
    const bool left = !removed && removed.error().kind == Kind::refused && !as_caller_;
    if (!removed && !left) return cohort::not_found(removed.error());
    if (left) return leave(name, *uuid);
    if (const Status kept = store_.keep_group(name, {}); !kept) return of_store(kept.error());
    return {};
}

cohort::Found<void> CohortGroups::abandon(const std::string& name) {
    const auto uuid = store_.group_of(name);
    if (!uuid) return of_store(uuid.error());
    if (uuid->empty()) return {};
    return leave(name, *uuid);
}

cohort::Found<void> CohortGroups::leave(const std::string& name, const std::string& uuid) {
    log_event(LogLevel::warning, "cohort_group_left", {{"group", "urn:uuid:" + uuid}});
    if (const Status kept = store_.keep_group(name, {}); !kept) return of_store(kept.error());
    return {};
}

}  // namespace isocenter::app
