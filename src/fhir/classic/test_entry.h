#pragma once

#include <string>

#include "fhir/classic/entry.h"
#include "fhir/classic/request.h"
#include "fhir/mapping/parts.h"
#include "fhir/mapping/test_study.h"

/// For tests: entries about the instances of mapping/test_study.h, and what a server would find.
namespace isocenter::fhir::classic::testing {

using fhir::testing::code;
using fhir::testing::element;
using fhir::testing::image;
using fhir::testing::person;
using fhir::testing::sequence;

/// The storing of one instance of study 2.25.1.
inline Entry stored(boost::json::object metadata) {
    Entry entry{1,
                Action::create,
                false,
                "2.25.1",
                first_text(metadata, "0020000E"),
                first_text(metadata, "00080018"),
                {}};
    entry.metadata = std::move(metadata);
    return entry;
}

/// The deletion of one instance of study 2.25.1, which has no metadata any more.
inline Entry removed(const std::string& series, const std::string& instance) {
    return {2, Action::remove, true, "2.25.1", series, instance, {}};
}

/// `resource` as a search finds it.
inline boost::json::object found(boost::json::object resource, const std::string& id,
                                 const std::string& version = "3") {
    resource["id"] = id;
    if (!resource.contains("meta")) resource["meta"] = boost::json::object();
    resource["meta"].get_object()["versionId"] = version;
    return resource;
}

/// What a Context needs, with options of a usual kind.
struct Desk {
    Options options{.own_endpoint = "https://pacs.lakeside.test/v2", .patient_system_id = "urn:lakeside:mrn"};
    std::vector<ValidationRecord> records{};
    Context context{options, {}, records};
    int uuids = 0;
    /// `uuid-1`, `uuid-2` and so on.
    UuidSource new_uuid = [this] { return "uuid-" + std::to_string(++uuids); };
    Desk() = default;
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;
};

}  // namespace isocenter::fhir::classic::testing
