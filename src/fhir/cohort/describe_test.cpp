#include "fhir/cohort/describe.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fhir/cohort/cohort_fixture.h"
#include "fhir/cohort/links.h"
#include "fhir/cohort/selection_json.h"

namespace isocenter::fhir::cohort {
namespace {

TEST_F(Cohort, what_is_returned_is_fetched_for_the_members_described_only) {
    for (int i = 0; i < 30; ++i) {
        patient(fmt::format("p{:02}", i));
        condition(fmt::format("c{}", i), fmt::format("p{:02}", i), "x");
        for (const char* year : {"2021", "2023", "2022"})
            resource("Observation", fmt::format("o{}-{}", i, year), fmt::format("p{:02}", i), "y",
                     fmt::format(R"(,"effectiveDateTime":"{}")", year));
    }
    const auto selection = find(R"({"clinical":[{"as":"x","search":"Condition?code=x"}],
        "return":[{"as":"labs","search":"Observation?code=y","max":2}]})");
    server.asked.clear();
    const auto page = describe(definition, *selection, 10, 3, "http://pacs", sources());
    ASSERT_TRUE(page.has_value());
    ASSERT_EQ(page->size(), 3U);
    EXPECT_EQ((*page)[0].at("patient").at("id"), boost::json::value("p10"));
    EXPECT_EQ((*page)[0].at("hits").at("x").at(0), boost::json::value("Condition/c10"));
    const auto& labs = (*page)[0].at("resources").at("labs").as_array();
    ASSERT_EQ(labs.size(), 2U) << "the newest";
    EXPECT_EQ(labs[0].at("id"), boost::json::value("o10-2022"));
    EXPECT_EQ(labs[1].at("id"), boost::json::value("o10-2023"));
    EXPECT_EQ(server.asked_for("patient=p10,p11,p12&"), 1U);
    EXPECT_TRUE(describe(definition, *selection, 30, 3, "", sources())->empty());
}

TEST_F(Cohort, reports_of_an_order_belong_to_the_studies_that_were_ordered) {
    patient("p1");
    condition("c1", "p1", "x");
    studies.add("1.1", "mrn-p1", "CT", "20260203", "551");
    studies.add("1.2", "mrn-p1", "CT");
    server.add(R"({"resourceType":"ImagingStudy","id":"is2","subject":{"reference":"Patient/p1"},
        "identifier":[{"system":"urn:dicom:uid","value":"urn:oid:1.2"}],
        "basedOn":[{"reference":"ServiceRequest/s2"}]})");
    server.add(R"({"resourceType":"ServiceRequest","id":"s1",
        "identifier":[{"type":{"coding":[{"code":"ACSN"}]},"value":"551"}]})");
    for (const char* number : {"1", "2", "3"})
        resource("DiagnosticReport", fmt::format("r{}", number), "p1", "-",
                 fmt::format(R"(,"basedOn":[{{"reference":"ServiceRequest/s{}"}}])", number));
    const auto selection = find(R"({"clinical":[{"as":"x","search":"Condition?code=x"}],
        "imaging":[{"as":"ct","match":{"Modality":"CT"}}],"return":[{"as":"r","search":"DiagnosticReport","of":"ct"}]})");
    ASSERT_TRUE(selection.has_value()) << selection.error().text;
    const auto kept = read_selection(to_json(*selection, definition), definition);
    const auto described = describe(definition, *kept, 0, 1, "http://pacs", sources());
    ASSERT_TRUE(described.has_value()) << described.error().text;
    const auto& found = (*described)[0];
    EXPECT_EQ(found.at("resources").at("r").as_array().size(), 2U) << "not that of an order of nobody's";
    EXPECT_EQ(serialize(found.at("studies").at(0).at("reports")), R"(["DiagnosticReport/r1"])");
    EXPECT_EQ(serialize(found.at("studies").at(1).at("reports")), R"(["DiagnosticReport/r2"])");
    EXPECT_EQ(server.asked_for("/ServiceRequest/_search"), 1U);

    server.closed_type = "ServiceRequest";
    const auto without = describe(definition, *kept, 0, 1, "http://pacs", sources());
    ASSERT_TRUE(without.has_value()) << "who may not read orders gets what is found without: "
                                     << without.error().text;
    EXPECT_EQ((*without)[0].at("resources").at("r").as_array().size(), 1U);
}

TEST_F(Cohort, orders_are_read_only_where_a_link_is_asked_for) {
    patient("p1");
    condition("c1", "p1", "x");
    studies.add("1.1", "mrn-p1", "CT", "20260203", "551");
    resource("Observation", "o1", "p1", "-", R"(,"basedOn":[{"reference":"ServiceRequest/s1"}])");
    const auto selection = find(R"({"clinical":[{"as":"x","search":"Condition?code=x"}],
        "imaging":[{"as":"ct","match":{"Modality":"CT"}}],"return":[{"as":"labs","search":"Observation"}]})");
    const auto described = describe(definition, *selection, 0, 1, "http://pacs", sources());
    EXPECT_EQ((*described)[0].at("resources").at("labs").as_array().size(), 1U);
    EXPECT_EQ(server.asked_for("/ServiceRequest/_search"), 0U);
}

TEST_F(Cohort, a_page_that_is_too_large_is_asked_for_in_parts) {
    patient("p1");
    condition("c1", "p1", "x");
    constexpr std::size_t kReports = 1100;
    for (std::size_t i = 0; i < kReports; ++i)
        resource("DiagnosticReport", fmt::format("r{}", i), "p1", "-",
                 fmt::format(R"(,"conclusion":"{}")", std::string(1000, 'x')));
    server.longest_reply = 2'000;
    // Pages belong to the last search of the fake, so one request at a time.
    Sources one = sources();
    one.workers = 1;
    const auto selection = find(
        R"({"clinical":[{"as":"x","search":"Condition?code=x"}],"return":[{"as":"r","search":"DiagnosticReport"}]})");
    const auto described = describe(definition, *selection, 0, 1, "http://pacs", one);
    ASSERT_TRUE(described.has_value()) << described.error().text;
    EXPECT_EQ((*described)[0].at("resources").at("r").as_array().size(), kReports);
    server.longest_reply = 1'000;
    const auto none = describe(definition, *selection, 0, 1, "http://pacs", one);
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().where, "/return/0");
}

TEST_F(Cohort, a_selection_that_was_kept_is_described_like_the_one_that_was_found) {
    patient("p1");
    condition("c1", "p1", "x");
    studies.add("1.1", "mrn-p1", "CT", "20260203", "551");
    const auto selection = find(R"({"clinical":[{"as":"x","search":"Condition?code=x"}],
        "imaging":[{"as":"ct","match":{"Modality":"CT"}}],"return":[{"as":"r","search":"DiagnosticReport","of":"ct"}]})");
    resource("DiagnosticReport", "r1", "p1", "-",
             R"(,"identifier":[{"type":{"coding":[{"code":"ACSN"}]},"value":"551"}])");
    ASSERT_TRUE(selection.has_value()) << selection.error().text;
    const auto kept = read_selection(to_json(*selection, definition), definition);
    ASSERT_TRUE(kept.ok());
    const auto described = describe(definition, *selection, 0, 1, "http://pacs", sources());
    EXPECT_EQ((*described)[0].at("studies").at(0).at("reports").as_array().size(), 1U);
    EXPECT_EQ(*described, *describe(definition, *kept, 0, 1, "http://pacs", sources()));
    EXPECT_EQ(kept->as_of_text, "2026-11-24T10:00:00Z");
    for (const char* text : {"{}", "[]", R"({"asOf":"x","members":[]})", R"({"asOf":"2026","members":[{}]})"})
        EXPECT_FALSE(read_selection(boost::json::parse(text), definition).ok()) << text;
}

TEST(CohortReports, belong_by_reference_or_accession_number_or_not_at_all) {
    StudyHit study;
    study.imaging_study = "ImagingStudy/is1";
    study.accession = Identifier{"urn:acsn", "551"};
    study.orders = {"of-images"};
    const Orders orders{
        {"551", boost::json::parse(R"({"identifier":[{"type":{"coding":[{"code":"ACSN"}]},"value":"551"}]})")
                    .as_object()},
        {"other", boost::json::parse(R"({"identifier":[{"value":"551"}]})").as_object()}};
    const auto linked = [&](const char* text) {
        return is_linked(boost::json::parse(text).as_object(), study, orders, "http://f");
    };
    EXPECT_TRUE(linked(
        R"({"imagingStudy":[{"reference":"ImagingStudy/is0"},{"reference":"http://f/ImagingStudy/is1"}]})"));
    EXPECT_FALSE(linked(R"({"imagingStudy":[{"reference":"ImagingStudy/is10"}]})"));
    EXPECT_FALSE(linked(R"({"imagingStudy":[{"reference":"http://other/ImagingStudy/is1"}]})"));
    constexpr const char* kType = R"("type":{"coding":[{"code":"ACSN"}]})";
    const auto with = [&](const char* member, const char* identifier) {
        return linked(fmt::format("{{\"{}\":[{}]}}", member, identifier).c_str());
    };
    EXPECT_TRUE(with("identifier", fmt::format(R"({{{},"value":"551"}})", kType).c_str()));
    EXPECT_TRUE(
        with("identifier", fmt::format(R"({{{},"system":"urn:acsn","value":"551"}})", kType).c_str()));
    EXPECT_FALSE(
        with("identifier", fmt::format(R"({{{},"system":"urn:other","value":"551"}})", kType).c_str()));
    EXPECT_FALSE(with("identifier", fmt::format(R"({{{},"value":"5510"}})", kType).c_str()));
    EXPECT_FALSE(with("identifier", R"({"value":"551"})")) << "not said to be an accession number";
    EXPECT_TRUE(with("basedOn", fmt::format(R"({{"identifier":{{{},"value":"551"}}}})", kType).c_str()));
    EXPECT_TRUE(with("basedOn", R"({"reference":"ServiceRequest/of-images"})"));
    EXPECT_TRUE(with("basedOn", R"({"reference":"http://f/ServiceRequest/551"})"));
    EXPECT_FALSE(with("basedOn", R"({"reference":"ServiceRequest/other"})"));
    EXPECT_FALSE(with("basedOn", R"({"reference":"http://other/ServiceRequest/551"})"));
    EXPECT_FALSE(with("basedOn", R"({"reference":"CarePlan/551"})"));
    study.accession.reset();
    EXPECT_FALSE(with("identifier", fmt::format(R"({{{},"value":"551"}})", kType).c_str()));
}

}  // namespace
}  // namespace isocenter::fhir::cohort
