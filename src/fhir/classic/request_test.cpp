#include "fhir/classic/request.h"

#include <gtest/gtest.h>

#include "fhir/classic/test_entry.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;

Request create_of(const std::string& type, const std::string& uuid, const std::string& condition = "c=1") {
    return {Mode::create, ClientId{uuid}, {{"resourceType", type}}, condition};
}

Request of_found(Mode mode, const std::string& type) {
    auto resource = testing::found({{"resourceType", type}}, "r-1", "7");
    return {mode, id_of(resource), resource, {}};
}

std::vector<std::string> urls(const json::array& entries) {
    std::vector<std::string> list;
    for (const json::value& entry : entries)
        list.emplace_back(entry.at("request").at("url").as_string());
    return list;
}

// Obligation: 19.bundle.order
TEST(ClassicBundle, entries_come_by_the_name_of_their_resource) {
    Requests requests;
    requests.patient = create_of("Patient", "p");
    requests.study = create_of("ImagingStudy", "s");
    requests.endpoint = create_of("Endpoint", "e");
    requests.observations = {create_of("Observation", "o1", ""), create_of("Observation", "o2", "")};
    const auto entries = make_entries(requests);
    EXPECT_EQ(urls(entries), (std::vector<std::string>{"Endpoint", "ImagingStudy", "Observation",
                                                       "Observation", "Patient"}));
    EXPECT_EQ(entries[0].at("fullUrl"), "urn:uuid:e");
    EXPECT_EQ(entries[1].at("fullUrl"), "urn:uuid:s");
    EXPECT_EQ(entries[2].at("fullUrl"), "urn:uuid:o1");
    EXPECT_EQ(entries[3].at("fullUrl"), "urn:uuid:o2");
    EXPECT_EQ(entries[4].at("fullUrl"), "urn:uuid:p");
}

/// Which of Requests are there: bits 0 to 3 for Endpoint, ImagingStudy, two Observations, Patient.
Requests some_of(unsigned chosen, Mode mode) {
    const auto make = [&](const std::string& type, const std::string& name) {
        Request request = mode == Mode::create ? create_of(type, name, "of=" + name) : of_found(mode, type);
        request.resource["language"] = name;
        return request;
    };
    Requests requests;
    if ((chosen & 1U) != 0) requests.endpoint = make("Endpoint", "e");
    if ((chosen & 2U) != 0) requests.study = make("ImagingStudy", "s");
    if ((chosen & 4U) != 0) requests.observations = {make("Observation", "o1"), make("Observation", "o2")};
    if ((chosen & 8U) != 0) requests.patient = make("Patient", "p");
    return requests;
}

/// The same as the bundle has to show them.
std::vector<std::pair<std::string, std::string>> places_of(unsigned chosen) {
    std::vector<std::pair<std::string, std::string>> places;
    if ((chosen & 1U) != 0) places.emplace_back("Endpoint", "e");
    if ((chosen & 2U) != 0) places.emplace_back("ImagingStudy", "s");
    if ((chosen & 4U) != 0) places.insert(places.end(), {{"Observation", "o1"}, {"Observation", "o2"}});
    if ((chosen & 8U) != 0) places.emplace_back("Patient", "p");
    return places;
}

// Obligation: 19.slots.endpoint, 19.slots.study, 19.slots.observation, 19.slots.patient
TEST(ClassicBundle, each_type_has_its_own_place_whichever_others_are_there) {
    for (unsigned chosen = 0; chosen < 16; ++chosen) {
        const auto places = places_of(chosen);
        const auto created = make_entries(some_of(chosen, Mode::create));
        const auto updated = make_entries(some_of(chosen, Mode::update));
        const auto deleted = make_entries(some_of(chosen, Mode::remove));
        EXPECT_TRUE(make_entries(some_of(chosen, Mode::none)).empty());
        ASSERT_EQ(created.size(), places.size());
        ASSERT_EQ(updated.size(), places.size());
        ASSERT_EQ(deleted.size(), places.size());
        for (std::size_t at = 0; at < places.size(); ++at) {
            const auto& [type, name] = places[at];
            const std::string reference = type + "/r-1";
            const json::object post{{"method", "POST"}, {"url", type}, {"ifNoneExist", "of=" + name}};
            EXPECT_EQ(created[at].at("request"), post);
            EXPECT_EQ(created[at].at("fullUrl").as_string(), "urn:uuid:" + name);
            for (const auto& entry : {created[at], updated[at]}) {
                EXPECT_EQ(entry.at("resource").at("resourceType").as_string(), type);
                EXPECT_EQ(entry.at("resource").at("language").as_string(), name);
            }
            EXPECT_EQ(updated[at].at("request").at("method"), "PUT");
            EXPECT_EQ(updated[at].at("request").at("url").as_string(), reference);
            EXPECT_EQ(deleted[at].at("request"), (json::object{{"method", "DELETE"}, {"url", reference}}));
        }
    }
}

// Obligation: 19.bundle.create
TEST(ClassicBundle, a_create_is_a_conditional_post_with_the_resource) {
    Requests requests;
    requests.patient = create_of("Patient", "p", "identifier=a%7Cb");
    const auto entry = make_entries(requests).at(0).as_object();
    const json::object wanted{{"method", "POST"}, {"url", "Patient"}, {"ifNoneExist", "identifier=a%7Cb"}};
    EXPECT_EQ(entry.at("request"), wanted);
    EXPECT_EQ(entry.at("resource").at("resourceType"), "Patient");
}

// Obligation: 19.bundle.observation-create
TEST(ClassicBundle, an_observation_is_created_without_condition) {
    Requests requests;
    requests.observations = {create_of("Observation", "o", "")};
    const json::object wanted{{"method", "POST"}, {"url", "Observation"}};
    EXPECT_EQ(make_entries(requests).at(0).at("request"), wanted);
}

// Obligation: 19.bundle.update
TEST(ClassicBundle, an_update_is_a_put_that_names_the_version_found) {
    Requests requests;
    requests.study = of_found(Mode::update, "ImagingStudy");
    const auto entry = make_entries(requests).at(0).as_object();
    const json::object wanted{{"method", "PUT"}, {"url", "ImagingStudy/r-1"}, {"ifMatch", "W/\"7\""}};
    EXPECT_EQ(entry.at("request"), wanted);
    EXPECT_EQ(entry.at("fullUrl"), "ImagingStudy/r-1");
    EXPECT_EQ(entry.at("resource").at("id"), "r-1");
}

// Obligation: 19.bundle.delete
TEST(ClassicBundle, a_delete_has_neither_version_nor_resource) {
    Requests requests;
    requests.study = of_found(Mode::remove, "ImagingStudy");
    const auto entry = make_entries(requests).at(0).as_object();
    const json::object wanted{{"method", "DELETE"}, {"url", "ImagingStudy/r-1"}};
    EXPECT_EQ(entry.at("request"), wanted);
    EXPECT_EQ(entry.at("fullUrl"), "ImagingStudy/r-1");
    EXPECT_FALSE(entry.contains("resource"));
}

// Obligation: 19.pipeline.nothing-to-send
TEST(ClassicBundle, what_needs_nothing_is_left_out) {
    Requests requests;
    requests.endpoint = of_found(Mode::none, "Endpoint");
    requests.patient = of_found(Mode::none, "Patient");
    EXPECT_TRUE(make_entries(requests).empty());
}

// Obligation: 19.pipeline.mixed-modes
TEST(ClassicBundle, modes_may_be_mixed) {
    Requests requests;
    requests.endpoint = of_found(Mode::none, "Endpoint");
    requests.study = of_found(Mode::update, "ImagingStudy");
    requests.observations = {of_found(Mode::remove, "Observation")};
    requests.patient = create_of("Patient", "p");
    EXPECT_EQ(urls(make_entries(requests)),
              (std::vector<std::string>{"ImagingStudy/r-1", "Observation/r-1", "Patient"}));
}

}  // namespace
}  // namespace isocenter::fhir::classic
