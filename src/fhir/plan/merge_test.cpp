#include "fhir/plan/merge.h"

#include <gtest/gtest.h>

#include "fhir/mapping/test_study.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;
using testing::element;
using testing::image;

constexpr auto kOwn = "https://pacs.lakeside.test/v2";

/// A study as another writer left it, and what the archive has of it.
class MergeStudy : public ::testing::Test {
  protected:
    json::object wanted(std::vector<json::object> instances) {
        std::vector<ValidationRecord> records;
        auto computed = compute_wanted({testing::study_of(std::move(instances)), {}, {}}, options_, records);
        EXPECT_TRUE(computed.ok());
        json::object study = computed->study->resource;
        const json::array endpoint{json::object{{"reference", "Endpoint/ours"}}};
        study["endpoint"] = endpoint;
        for (auto& series : study.at("series").as_array())
            series.as_object()["endpoint"] = endpoint;
        return study;
    }
    MergeContext context(bool own) const { return {options_, own, {"Endpoint/ours"}, {}}; }
    json::object merged(const json::object& found, std::vector<json::object> instances) {
        return merge_study(found, wanted(std::move(instances)), context(false));
    }

    Options options_{.own_endpoint = kOwn};
    json::object theirs_ = json::parse(R"({
        "resourceType": "ImagingStudy", "id": "f1", "meta": {"source": "https://other.test"},
        "status": "registered", "subject": {"reference": "Patient/elsewhere"},
        "identifier": [{"use": "official", "system": "urn:dicom:uid", "value": "urn:oid:2.25.1"}],
        "modality": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "CT",
                      "display": "Computed Tomography"}],
        "procedureCode": [{"coding": [{"system": "http://loinc.org", "code": "24627-2", "display": "Thorax"}],
                           "text": "as we call it"}],
        "series": [{"uid": "2.25.90", "modality": {"code": "MR"}, "numberOfInstances": 4,
                    "endpoint": [{"reference": "Endpoint/other"}]}]})")
                               .as_object();
};

TEST_F(MergeStudy, counts_of_others_are_neither_made_nor_changed) {
    const auto without = merged(theirs_, {image("2.25.2", 1), image("2.25.2", 2)});
    EXPECT_EQ(without.at("series").as_array().size(), 2U);
    EXPECT_FALSE(without.contains("numberOfSeries"));
    EXPECT_FALSE(without.contains("numberOfInstances"));
    EXPECT_EQ(without.at("series").at(0).at("numberOfInstances"), 2) << "of a series of ours";
    theirs_["numberOfSeries"] = 7;
    theirs_["numberOfInstances"] = 900;
    const auto with = merged(theirs_, {image("2.25.2", 1)});
    EXPECT_EQ(with.at("numberOfSeries"), 7);
    EXPECT_EQ(with.at("numberOfInstances"), 900);
    const auto withdrawn = withdraw_study(with, context(false));
    EXPECT_EQ(withdrawn.at("numberOfSeries"), 7);
    EXPECT_EQ(withdrawn.at("numberOfInstances"), 900);
}

TEST_F(MergeStudy, own_counts_are_those_of_what_is_listed) {
    auto found = wanted({image("2.25.2", 1)});
    found["series"].as_array().push_back(theirs_.at("series").at(0));
    const auto study = merge_study(found, wanted({image("2.25.2", 1), image("2.25.2", 2)}), context(true));
    EXPECT_EQ(study.at("numberOfSeries"), 2);
    EXPECT_EQ(study.at("numberOfInstances"), 6);
    EXPECT_EQ(study.at("modality").as_array().size(), 2U);
    const auto withdrawn = withdraw_study(study, context(true));
    EXPECT_EQ(withdrawn.at("numberOfSeries"), 1);
    EXPECT_EQ(withdrawn.at("numberOfInstances"), 4);
    EXPECT_EQ(withdrawn.at("modality"), (json::array{json::object{{"code", "MR"}}}));
}

TEST_F(MergeStudy, what_others_say_in_more_words_is_not_said_again) {
    auto instance = image("2.25.2", 1);
    instance["00081032"] = testing::sequence({testing::code("24627-2", "LN", "CT Chest")});
    const auto study = merged(theirs_, {instance});
    for (const auto* element : {"identifier", "modality", "procedureCode"})
        EXPECT_EQ(study.at(element), theirs_.at(element)) << element;
}

TEST_F(MergeStudy, lists_of_others_gain_at_their_end) {
    auto other = image("2.25.3", 1);
    other["00080060"] = element("PT");
    other["00080050"] = element("551");
    const auto study = merged(theirs_, {image("2.25.2", 1), other});
    ASSERT_EQ(study.at("modality").as_array().size(), 2U);
    EXPECT_EQ(study.at("modality").at(0), theirs_.at("modality").at(0));
    EXPECT_EQ(study.at("modality").at(1).at("code"), "PT");
    ASSERT_EQ(study.at("identifier").as_array().size(), 2U);
    EXPECT_EQ(study.at("identifier").at(1).at("value"), "551");
    EXPECT_EQ(merge_study(study, wanted({image("2.25.2", 1), other}), context(false)), study)
        << "the same again changes nothing";
}

TEST_F(MergeStudy, elements_and_series_of_others_stay_as_they_are) {
    theirs_["description"] = "theirs";
    theirs_["started"] = "2020-01-01";
    theirs_["note"] = json::array{json::object{{"text", "read me"}}};
    theirs_["series"].as_array().push_back(
        json::object{{"uid", "2.25.2"},
                     {"modality", {{"code", "OT"}}},
                     {"endpoint", json::array{json::object{{"reference", "Endpoint/other"}}}}});
    auto instance = image("2.25.2", 1);
    instance["00081030"] = element("ours");
    const auto study = merged(theirs_, {instance});
    for (const auto* element :
         {"id", "meta", "status", "subject", "description", "started", "note", "series"})
        EXPECT_EQ(study.at(element), theirs_.at(element)) << element;
    EXPECT_EQ(study.at("endpoint").at(0).at("reference"), "Endpoint/ours");
}

TEST_F(MergeStudy, a_shared_series_of_a_study_of_others_gains_instances_and_loses_those_that_were_deleted) {
    const json::array both{json::object{{"reference", "Endpoint/other"}},
                           json::object{{"reference", "Endpoint/ours"}}};
    const json::object known{{"uid", "2.25.2.1"}, {"title", "theirs"}};
    const json::object deleted{{"uid", "2.25.2.9"}, {"number", 9}};
    json::object shared{{"uid", "2.25.2"},
                        {"description", "theirs"},
                        {"endpoint", both},
                        {"instance", json::array{known, deleted}}};
    const auto series_after = [&] {
        theirs_["series"] = json::array{shared};
        auto context = this->context(false);
        context.removed_instances = {"2.25.2.9"};
        return merge_study(theirs_, wanted({image("2.25.2", 1), image("2.25.2", 2)}), context)
            .at("series")
            .at(0)
            .as_object();
    };
    const auto series = series_after();
    ASSERT_EQ(series.at("instance").as_array().size(), 2U);
    EXPECT_EQ(series.at("instance").at(0), known) << "in their words";
    EXPECT_EQ(series.at("instance").at(1).at("uid"), "2.25.2.2");
    EXPECT_EQ(series.at("description"), "theirs");
    EXPECT_EQ(series.at("endpoint"), both);
    EXPECT_FALSE(series.contains("numberOfInstances"));
    shared["numberOfInstances"] = 40;
    EXPECT_EQ(series_after().at("numberOfInstances"), 40) << "they know of more than they list";
    shared["instance"] = json::array{known};
    shared["numberOfInstances"] = 1;
    EXPECT_EQ(series_after().at("numberOfInstances"), 2) << "a count of the list follows it";
}

TEST_F(MergeStudy, members_that_are_no_objects_are_passed_over_and_stay) {
    const json::array both{json::object{{"reference", "Endpoint/other"}},
                           json::object{{"reference", "Endpoint/ours"}}};
    const json::array odd{json::object{{"uid", "2.25.2.1"}}, nullptr, "text"};
    theirs_["series"] = json::array{
        json::object{{"uid", "2.25.2"}, {"endpoint", both}, {"instance", odd}, {"numberOfInstances", 1}},
        nullptr};
    const auto now = wanted({image("2.25.2", 1), image("2.25.2", 2)});
    const auto study = merge_study(theirs_, now, context(false));
    const auto& series = study.at("series").at(0);
    EXPECT_EQ(series.at("instance").as_array().size(), 4U);
    EXPECT_EQ(series.at("instance").at(1), nullptr);
    EXPECT_EQ(series.at("numberOfInstances"), 2);
    EXPECT_EQ(study.at("series").at(1), nullptr);
    const auto own = merge_study(theirs_, now, context(true));
    EXPECT_EQ(own.at("numberOfInstances"), 2);
    EXPECT_EQ(own.at("numberOfSeries"), 1);
    EXPECT_EQ(undecided_instances(theirs_, wanted({image("2.25.2", 2)}), context(true)), 1U);
    EXPECT_EQ(withdraw_study(theirs_, context(true)).at("numberOfInstances"), 1);
}

/// A Patient, and what it becomes by `Schmidt^Anna^Carla`, female, born 1960-02-03.
json::object merged_patient(const char* found, bool own) {
    const json::object wanted =
        json::parse(R"({"resourceType":"Patient","gender":"female","birthDate":"1960-02-03",
        "name":[{"use":"usual","family":"Schmidt","given":["Anna","Carla"]}]})")
            .as_object();
    const Options options{.own_endpoint = kOwn};
    return merge_patient(json::parse(found).as_object(), wanted, {options, own, {}, {}});
}

TEST(MergePatient, what_stands_beside_a_value_goes_with_it) {
    const auto changed = merged_patient(R"({"gender":"other","_gender":{"id":"g"},"name":[{"use":"usual",
        "family":"Mueller","_family":{"id":"f"},"given":["Anna","B."],"_given":[null,{"id":"i"}],
        "prefix":["Dr."],"_prefix":[{"id":"p"}]}]})",
                                        false);
    EXPECT_EQ(json::value(changed),
              json::parse(R"({"gender":"female","birthDate":"1960-02-03","name":[{"use":"usual",
        "family":"Schmidt","given":["Anna","Carla"],"prefix":["Dr."],"_prefix":[{"id":"p"}]}]})"));
    const char* same =
        R"({"gender":"female","_gender":{"id":"g"},"birthDate":"1960-02-03","_birthDate":{"id":"b"},
        "name":[{"use":"usual","family":"Schmidt","_family":{"id":"f"},"given":["Anna","Carla"],
        "_given":[null,{"id":"i"}]}]})";
    EXPECT_EQ(json::value(merged_patient(same, false)), json::parse(same));
    const auto own = merged_patient(R"({"birthDate":"1960","_birthDate":{"id":"b"},"gender":"female",
        "_gender":{"id":"g"}})",
                                    true);
    EXPECT_FALSE(own.contains("_birthDate"));
    EXPECT_TRUE(own.contains("_gender"));
}

TEST(MergePatient, what_others_withhold_is_no_gap) {
    const char* masked = R"({"_gender":{"id":"g"},"_birthDate":{"id":"b"},
        "name":[{"use":"usual","_family":{"id":"f"},"given":["Anna","Carla"],"text":"-"}]})";
    EXPECT_EQ(json::value(merged_patient(masked, false)), json::parse(masked));
}

TEST(MergePatient, a_list_of_nulls_beside_what_is_said_of_them_is_withheld_too) {
    const char* masked = R"({"gender":"female","birthDate":"1960-02-03","name":[{"use":"usual",
        "family":"Schmidt","given":[null,null],"_given":[{"id":"a"},{"id":"b"}],"text":"-"}]})";
    EXPECT_EQ(json::value(merged_patient(masked, false)), json::parse(masked));
    const char* partly = R"({"gender":"female","birthDate":"1960-02-03","name":[{"use":"usual",
        "family":"Schmidt","given":["Eva",null],"_given":[null,{"id":"b"}]}]})";
    EXPECT_EQ(json::value(merged_patient(partly, false)).at("name").at(0).at("given"),
              (json::array{"Anna", "Carla"}));
}

TEST_F(MergeStudy, elements_that_others_withhold_stay_absent) {
    theirs_["_started"] = json::object{{"id", "s"}};
    EXPECT_FALSE(merged(theirs_, {image("2.25.2", 1)}).contains("started"));
}

TEST(Says, wants_every_member_of_the_item) {
    const auto says_all = [](const char* there, const char* item) {
        return says(json::parse(there), json::parse(item));
    };
    EXPECT_TRUE(says_all(R"({"system":"a","value":"1","use":"usual"})", R"({"value":"1","system":"a"})"));
    EXPECT_FALSE(says_all(R"({"system":"b","value":"1"})", R"({"system":"a","value":"1"})"));
    EXPECT_FALSE(says_all(R"({"value":"1"})", R"({"system":"a","value":"1"})"));
    EXPECT_TRUE(says_all(R"([{"code":"x"},{"code":"y"}])", R"([{"code":"y","display":"any"}])"));
    EXPECT_FALSE(says_all(R"({"display":"Smith"})", R"({"display":"Jones"})"));
    EXPECT_FALSE(says_all(R"("text")", R"({"text":"text"})"));
}

}  // namespace
}  // namespace isocenter::fhir
