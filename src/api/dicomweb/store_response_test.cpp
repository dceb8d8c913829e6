#include "api/dicomweb/store_response.h"

#include <gtest/gtest.h>

#include "api/dicomweb/failure_reason.h"
#include "dicom/json_writer.h"

namespace isocenter::api {
namespace {

using archive::StoreFailure;
using archive::StoreOutcome;

StoreOutcome stored(const std::string& instance) {
    StoreOutcome outcome;
    outcome.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2";
    outcome.sop_instance_uid = instance;
    outcome.key.study = StudyUid("2.25.11");
    outcome.key.series = SeriesUid("2.25.12");
    outcome.key.instance = SopInstanceUid(instance);
    outcome.created = true;
    return outcome;
}

StoreOutcome failed(StoreFailure failure, const std::string& instance = "2.25.19") {
    StoreOutcome outcome;
    if (!instance.empty()) outcome.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2";
    outcome.sop_instance_uid = instance;
    outcome.failure = failure;
    return outcome;
}

StoreReport report(std::vector<StoreOutcome> outcomes, bool study_in_path = false) {
    StoreReport result;
    result.base_uri = "https://pacs.example/v2";
    result.study_in_path = study_in_path;
    result.outcomes = std::move(outcomes);
    return result;
}

http::Response respond(const Profile& profile, StoreReport r, std::string_view host) {
    static MemoryBudget budget;
    return store_response(profile, std::move(r), DataSetForm::json, host, MemoryBudget::Lease(budget));
}

TEST(StoreResponse, MixedV2RequestHasThreeAttributesAsInTheSpecification) {
    StoreOutcome warned = stored("2.25.13");
    warned.violations.push_back({{0x0008, 0x0020}, "00080020", "bad DA"});
    const auto r = report({failed(StoreFailure::other_study), warned}, true);
    const std::string json = dicom::to_json(store_result(v2_profile(), r));
    EXPECT_EQ(
        json,
        "{\"00081190\":{\"vr\":\"UR\",\"Value\":[\"https://pacs.example/v2/studies/2.25.11\"]},"
        "\"00081198\":{\"vr\":\"SQ\",\"Value\":[{\"00081150\":{\"vr\":\"UI\",\"Value\":["
        "\"1.2.840.10008.5.1.4.1.1.2\"]},\"00081155\":{\"vr\":\"UI\",\"Value\":[\"2.25.19\"]},"
        "\"00081197\":{\"vr\":\"US\",\"Value\":[43264]},\"00741048\":{\"vr\":\"SQ\",\"Value\":[{"
        "\"00000902\":{\"vr\":\"LO\",\"Value\":[\"DICOM100: (0020,000d) - The instance belongs to another "
        "study than the URL.\"]}}]}}]},"
        "\"00081199\":{\"vr\":\"SQ\",\"Value\":[{\"00081150\":{\"vr\":\"UI\",\"Value\":["
        "\"1.2.840.10008.5.1.4.1.1.2\"]},\"00081155\":{\"vr\":\"UI\",\"Value\":[\"2.25.13\"]},"
        "\"00081190\":{\"vr\":\"UR\",\"Value\":[\"https://pacs.example/v2/studies/2.25.11/series/2.25.12/"
        "instances/2.25.13\"]},\"00081196\":{\"vr\":\"US\",\"Value\":[1]},\"00741048\":{\"vr\":\"SQ\","
        "\"Value\":[{\"00000902\":{\"vr\":\"LO\",\"Value\":[\"DICOM100: (0008,0020) - bad DA\"]}}]}}]}}");
    EXPECT_EQ(store_status(v2_profile(), r), 202U);
}

TEST(StoreResponse, StatusPerFace) {
    StoreOutcome implicit = stored("2.25.13");
    implicit.implicit_vr = true;
    EXPECT_EQ(store_status(v1_profile(), report({implicit})), 200U);
    EXPECT_EQ(store_status(v2_profile(), report({implicit})), 202U);
    EXPECT_EQ(store_status(standard_profile(), report({implicit})), 200U);
    for (const Profile* profile : {&v1_profile(), &v2_profile(), &standard_profile()}) {
        EXPECT_EQ(store_status(*profile, report({stored("1")})), 200U);
        EXPECT_EQ(store_status(*profile, report({stored("1"), failed(StoreFailure::duplicate)})), 202U);
        EXPECT_EQ(store_status(*profile, report({failed(StoreFailure::duplicate)})), 409U);
    }
}

TEST(StoreResponse, V1SaysNothingAboutAttributesOfStoredInstances) {
    const std::string json = dicom::to_json(store_result(v1_profile(), report({stored("2.25.13")})));
    EXPECT_EQ(json.find("00741048"), std::string::npos);
    EXPECT_EQ(
        json.find("\"00081190\":{\"vr\":\"UR\",\"Value\":[\"https://pacs.example/v2/studies/2.25.11\"]"),
        std::string::npos);
    const std::string v2 = dicom::to_json(store_result(v2_profile(), report({stored("2.25.13")})));
    EXPECT_NE(v2.find("\"00741048\":{\"vr\":\"SQ\"}"), std::string::npos);
}

TEST(StoreResponse, StandardFaceListsUnreadablePartsAsOtherFailures) {
    auto r = report({failed(StoreFailure::not_understood, "")});
    r.other_failures.push_back({StoreFailure::out_of_resources, 2, "no room"});
    EXPECT_EQ(dicom::to_json(store_result(standard_profile(), r)),
              "{\"00081190\":{\"vr\":\"UR\"},\"0008119A\":{\"vr\":\"SQ\",\"Value\":["
              "{\"00081197\":{\"vr\":\"US\",\"Value\":[49152]}},{\"00081197\":{\"vr\":\"US\",\"Value\":["
              "42752]}}]}}");
}

TEST(StoreResponse, LocationIsTheInstanceOrTheStudy) {
    const auto one = respond(standard_profile(), report({stored("2.25.13")}), "h");
    EXPECT_EQ(one.headers.get("Location"),
              "https://pacs.example/v2/studies/2.25.11/series/2.25.12/instances/2.25.13");
    EXPECT_EQ(one.headers.get("Content-Type"), "application/dicom+json");
    const auto two = respond(standard_profile(), report({stored("1"), stored("2")}), "h");
    EXPECT_EQ(two.headers.get("Location"), "https://pacs.example/v2/studies/2.25.11");
}

TEST(StoreResponse, ALongOneIsTheSameMadePieceByPiece) {
    for (const Profile* profile : {&standard_profile(), &v2_profile()}) {
        std::vector<StoreOutcome> outcomes;
        for (int i = 0; i < 3000; ++i) {
            outcomes.push_back(i % 3 == 0 ? failed(StoreFailure::duplicate)
                                          : stored("2.25." + std::to_string(i)));
            if (i % 7 == 0) outcomes.push_back(failed(StoreFailure::not_understood, ""));
        }
        const StoreReport r = report(std::move(outcomes));
        MemoryBudget budget;
        MemoryBudget::Lease memory(budget);
        ASSERT_TRUE(memory.resize(1000));
        auto response = store_response(*profile, r, DataSetForm::json, "h", std::move(memory));
        auto* const source = std::get_if<std::unique_ptr<ByteSource>>(&response.body);
        ASSERT_NE(source, nullptr);
        EXPECT_EQ(*read_all(**source, 1U << 24U), dicom::to_json(store_result(*profile, r)));
        EXPECT_EQ(budget.used_bytes(), 1000U) << "until the answer has gone";
        response.body = {};
        EXPECT_EQ(budget.used_bytes(), 0U);
    }
}

TEST(StoreResponse, MultiValuedIndexedAttributesGiveAWarningHeader) {
    StoreOutcome outcome = stored("1");
    outcome.multi_valued_indexed = true;
    const auto response = respond(v2_profile(), report({outcome}), "pacs.example:8080");
    EXPECT_TRUE(response.headers.get("Warning").starts_with("299 pacs.example: \""));
    const auto unknown = respond(v2_profile(), report({outcome}), "");
    EXPECT_TRUE(unknown.headers.get("Warning").starts_with("299 -: \""));
}

TEST(FailureReason, CodesOfTheFaces) {
    EXPECT_EQ(failure_reason(v2_profile(), StoreFailure::duplicate), 45070);
    EXPECT_EQ(failure_reason(standard_profile(), StoreFailure::duplicate), 0x0111);
    EXPECT_EQ(failure_reason(v2_profile(), StoreFailure::not_understood), 43264);
    EXPECT_EQ(failure_reason(standard_profile(), StoreFailure::not_understood), 0xC000);
    EXPECT_EQ(failure_reason(v1_profile(), StoreFailure::out_of_resources), 272);
    EXPECT_EQ(failure_reason(standard_profile(), StoreFailure::out_of_resources), 0xA700);
}

TEST(FailureReason, StandardWarningsTellLossBeforeMismatch) {
    StoreOutcome outcome = stored("2.25.13");
    EXPECT_FALSE(warning_reason(standard_profile(), outcome).has_value());
    outcome.violations.push_back({{0x0008, 0x0020}, "00080020", "bad DA"});
    EXPECT_EQ(warning_reason(standard_profile(), outcome), 0xB007);
    EXPECT_EQ(store_status(standard_profile(), report({outcome})), 202U);
    outcome.elements_discarded = true;
    EXPECT_EQ(warning_reason(standard_profile(), outcome), 0xB006);
}

}  // namespace
}  // namespace isocenter::api
