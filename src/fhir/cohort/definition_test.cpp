#include "fhir/cohort/definition.h"

#include <gtest/gtest.h>

#include "fhir/cohort/search_text.h"

namespace isocenter::fhir::cohort {
namespace {

constexpr const char* kFounding = R"({ "name": "osteosarcoma-ct", "asOf": "2026-11-24",
  "return":   [ { "as": "medications", "search": "MedicationRequest" }, { "as": "reports", "search": "DiagnosticReport", "of": "ct" } ],
  "patient":  { "age": { "gt": 45 } },
  "clinical": [ { "as": "diagnosis", "search": "Condition?code=http://snomed.info/sct|307576001", "within": { "from": "-P2Y" } } ],
  "imaging":  [ { "as": "ct", "match": { "Modality": "CT" }, "min": 0 } ] })";

TEST(CohortDefinition, the_founding_question) {
    const auto definition = read_definition(std::string_view(kFounding));
    ASSERT_TRUE(definition.ok()) << definition.error().message;
    EXPECT_EQ(definition->age.least, 46);
    EXPECT_FALSE(definition->age.most.has_value());
    ASSERT_EQ(definition->criteria.size(), 2U);
    EXPECT_EQ(definition->criteria[0].search->type, "Condition");
    EXPECT_EQ(definition->criteria[0].search->query, "code=http%3A%2F%2Fsnomed.info%2Fsct%7C307576001");
    EXPECT_EQ(definition->criteria[0].within->from->from_as_of.months, -24);
    EXPECT_TRUE(definition->criteria[1].is_imaging());
    EXPECT_EQ(definition->criteria[1].level, dicom::Level::series);
    EXPECT_FALSE(definition->criteria[1].decides());
    EXPECT_EQ(definition->returned[1].of, 1U) << "whatever stands first";
}

struct Bad {
    const char* definition;
    const char* message;
};

TEST(CohortDefinition, errors_name_the_place_and_the_reason) {
    const std::vector<Bad> cases{
        {"{", "the definition is no JSON"},
        {"[]", "the definition must be an object"},
        {R"({"":1})", "/: there is no such member"},
        {R"({"patients":{}})", "/patients: there is no such member"},
        {R"({"a/b~c":1})", "/a~1b~0c: there is no such member"},
        {R"({"name":"../x"})", "/name: must have 1 to 64"},
        {R"({"name":7})", "/name: must be a text"},
        {R"({"asOf":"soon"})", "/asOf: must be a date"},
        {R"({"patient":{"age":{"gt":-1}}})", "/patient/age/gt: must be a whole number"},
        {R"({"patient":{"age":{"lt":201}}})", "/patient/age/lt: must be an age from 0 to 200"},
        {R"({"patient":{"age":{"ge":70000}}})", "/patient/age/ge: must be an age from 0 to 200"},
        {R"({"patient":{"age":{"gt":1,"ge":2}}})", "/patient/age: has both gt and ge"},
        {R"({"patient":{"search":"_has:Condition:patient:code=1"}})",
         "/patient/search: _has:Condition:patient:code is not"},
        {R"({"clinical":{}})", "/clinical: must be an array"},
        {R"({"clinical":[{"search":"Condition"}]})", "/clinical/0: needs as"},
        {R"({"clinical":[{"as":"a b","search":"Condition"}]})", "/clinical/0/as: must have"},
        {R"({"clinical":[{"as":"a"}]})", "/clinical/0: needs search"},
        {R"({"clinical":[{"as":"a","search":"https://x.test/Condition"}]})",
         "/clinical/0/search: an address"},
        {R"({"clinical":[{"as":"a","search":"condition?code=1"}]})",
         "/clinical/0/search: \"condition\" is no resource"},
        {R"({"clinical":[{"as":"a","search":"Medication?code=1"}]})",
         "/clinical/0/search: Medication has no search parameter patient in FHIR R4"},
        {R"({"return":[{"as":"a","search":"Organization"}]})",
         "/return/0/search: Organization has no search parameter patient"},
        {R"({"clinical":[{"as":"a","search":"Patient?gender=male"}]})",
         "/clinical/0/search: conditions on the Patient"},
        {R"({"clinical":[{"as":"a","search":"Condition?patient=1"}]})",
         "/clinical/0/search: patient is not allowed"},
        {R"({"clinical":[{"as":"a","search":"Condition?subject:Patient.name=x"}]})",
         "/clinical/0/search: subject:Patient.name"},
        {R"({"clinical":[{"as":"a","search":"Condition?_include=x"}]})",
         "/clinical/0/search: _include is not allowed"},
        {R"({"clinical":[{"as":"a","search":"Condition?_count=5"}]})",
         "/clinical/0/search: _count is not allowed"},
        {R"({"clinical":[{"as":"a","search":"Condition?code"}]})",
         "/clinical/0/search: \"code\" is no parameter"},
        {R"({"clinical":[{"as":"a","search":"Condition?code=%4"}]})", "/clinical/0/search: a percent escape"},
        {R"({"clinical":[{"as":"a","search":"Condition","within":{}}]})",
         "/clinical/0/within: needs from or to"},
        {R"({"clinical":[{"as":"a","search":"Condition","within":{"from":"2Y"}}]})",
         "/clinical/0/within/from: must be a date"},
        {R"({"clinical":[{"as":"a","search":"Condition","within":{"from":"2020","on":"issued"}}]})",
         "/clinical/0/within/on: issued is not known as a date parameter of Condition"},
        {R"({"clinical":[{"as":"a","search":"Condition","min":2,"not":true}]})", "/clinical/0: min and not"},
        {R"({"clinical":[{"as":"a","search":"Condition","not":1}]})",
         "/clinical/0/not: must be true or false"},
        {R"({"clinical":[{"as":"a","search":"Condition"},{"as":"a","search":"Condition"}]})",
         "/clinical/1/as: a is the name"},
        {R"({"imaging":[{"as":"a"}]})", "/imaging/0: needs match"},
        {R"({"imaging":[{"as":"a","match":{"Modalty":"CT"}}]})",
         "/imaging/0/match/Modalty: is no attribute of the DICOM"},
        {R"({"imaging":[{"as":"a","match":{"StudyDate.Modality":"CT"}}]})",
         "/imaging/0/match/StudyDate.Modality: must be a keyword"},
        {R"({"imaging":[{"as":"a","match":{"00100020":"1"}}]})", "/imaging/0/match/00100020: is not allowed"},
        {R"({"imaging":[{"as":"a","match":{"Modality":"CT","00080060":"CT"}}]})",
         "/imaging/0/match/00080060: is the attribute of another key"},
        {R"({"imaging":[{"as":"a","match":{"PatientID":"1"}}]})",
         "/imaging/0/match/PatientID: is not allowed"},
        {R"({"imaging":[{"as":"a","match":{"Modality":1}}]})", "/imaging/0/match/Modality: must be a text"},
        {R"({"imaging":[{"as":"a","match":{"Modality":"CT"},"within":{"from":"2020","on":"x"}}]})",
         "/imaging/0/within/on: studies"},
        {R"({"any":[["x"]]})", "/any/0/0: no criterion is named x"},
        {R"({"any":[[]]})", "/any/0: names no criterion"},
        {R"({"clinical":[{"as":"a","search":"Condition","min":0}],"any":[["a"]]})", "/any/0/0: a has min 0"},
        {R"({"clinical":[{"as":"a","search":"Condition"}],"relations":[{"of":"a","to":"b"}]})",
         "/relations/0/to: no criterion"},
        {R"({"clinical":[{"as":"a","search":"Condition"}],"relations":[{"of":"a","to":"a","from":"P1D"}]})",
         "/relations/0/to: a criterion has no relation to itself"},
        {R"({"clinical":[{"as":"a","search":"Condition"},{"as":"b","search":"Condition","not":true}],
             "relations":[{"of":"a","to":"b","from":"P1D"}]})",
         "/relations/0/to: b has no hits"},
        {R"({"clinical":[{"as":"a","search":"Condition"},{"as":"b","search":"Condition"}],"relations":[{"of":"a","to":"b"}]})",
         "/relations/0: needs from or until"},
        {R"({"clinical":[{"as":"a","search":"Condition"},{"as":"b","search":"Condition"}],
             "relations":[{"of":"a","to":"b","from":"P1D","pick":"second"}]})",
         "/relations/0/pick: must be"},
        {R"({"clinical":[{"as":"a","search":"Condition"}],"return":[{"as":"r","search":"Observation","of":"a"}]})",
         "/return/0/of: a is no imaging"},
        {R"({"return":[{"as":"r","search":"Observation","max":-1}]})",
         "/return/0/max: must be a whole number"},
    };
    for (const Bad& bad : cases) {
        const auto definition = read_definition(std::string_view(bad.definition));
        ASSERT_FALSE(definition.ok()) << bad.definition;
        EXPECT_EQ(definition.error().code, ErrorCode::invalid_request);
        EXPECT_EQ(definition.error().message.substr(0, std::string_view(bad.message).size()), bad.message);
    }
}

TEST(CohortDefinition, keys_have_every_form_of_qido) {
    const auto level_of = [](const std::string& key) {
        const auto definition =
            read_definition(std::string_view(R"({"imaging":[{"as":"a","match":{")" + key + R"(":"x"}}]})"));
        EXPECT_TRUE(definition.ok()) << definition.error().message;
        return definition->criteria.at(0).level;
    };
    EXPECT_EQ(level_of("00080060"), dicom::Level::series);
    EXPECT_EQ(level_of("0008103E"), dicom::Level::series);
    EXPECT_EQ(level_of("00081030"), dicom::Level::study);
    EXPECT_EQ(level_of("RequestAttributesSequence.RequestedProcedureID"), dicom::Level::series);
    EXPECT_EQ(level_of("00400275.00401001"), dicom::Level::series);
    EXPECT_EQ(level_of("KVP"), dicom::Level::instance) << "only the archive knows its level";
    EXPECT_EQ(level_of("00091001"), dicom::Level::instance);
}

TEST(CohortDefinition, an_index_matches_what_it_knows) {
    const auto checked = [](const char* match) {
        return check_searchable(
            *read_definition(std::string_view(std::string(R"({"clinical":[{"as":"c","search":"Condition"}],
                                            "imaging":[{"as":"a","match":)") +
                                              match + "}]}")));
    };
    EXPECT_TRUE(checked(R"({"00080060":"CT","RequestAttributesSequence.RequestedProcedureID":"7"})").ok());
    EXPECT_EQ(checked(R"({"Modality":"CT","PixelData":"1"})").error().message,
              "/imaging/0/match/PixelData: is no attribute that the archive can match");
    EXPECT_FALSE(checked(R"({"00400275.00321064.00080100":"1"})").ok());
}

TEST(CohortDefinition, a_partition_that_the_archive_does_not_have_is_no_partition_without_studies) {
    const Definition named = *read_definition(std::string_view(
        R"({"imaging":[{"as":"a","match":{"Modality":"CT"}},
                       {"as":"b","match":{"Modality":"CT"},"partition":"north"}]})"));
    EXPECT_TRUE(named.names_partition());
    EXPECT_TRUE(check_partitions(named, {"Microsoft.Default", "north"}).ok());
    EXPECT_TRUE(check_partitions(named, {}).ok()) << "nobody knows";
    EXPECT_EQ(check_partitions(named, {"Microsoft.Default", "North"}).error().message,
              "/imaging/1/partition: the archive has no partition north");
    EXPECT_FALSE(read_definition(std::string_view(kFounding))->names_partition());
}

TEST(CohortSearch, values_are_decoded_once_and_encoded_again) {
    EXPECT_EQ(read_search("Observation?code=a%20b,c+d&value-quantity=gt5")->query,
              "code=a%20b%2Cc%2Bd&value-quantity=gt5");
    EXPECT_EQ(read_search("Observation")->query, "");
    EXPECT_EQ(read_search("Observation?code:in=x&_lastUpdated=ge2020")->query,
              "code%3Ain=x&_lastUpdated=ge2020");
}

std::string dated(const char* resource, const char* type, const char* on) {
    const auto span = date_of(boost::json::parse(resource).as_object(), *date_rule(type, on));
    return span ? to_text(span->first_day) : "none";
}

TEST(CohortSearch, dates_by_type_and_parameter) {
    constexpr const char* kCondition =
        R"({"onsetString":"youth","recordedDate":"2020-05-01","meta":{"lastUpdated":"2021-01-01T00:00:00Z"}})";
    EXPECT_EQ(dated(kCondition, "Condition", ""), "2020-05-01");
    EXPECT_EQ(dated(kCondition, "Condition", "onset-date"), "none");
    EXPECT_EQ(dated(kCondition, "Condition", "_lastUpdated"), "2021-01-01");
    EXPECT_EQ(dated(kCondition, "Flag", ""), "2021-01-01") << "types without dates of their own";
    EXPECT_EQ(dated(R"({"onsetDateTime":"2019","recordedDate":"2020"})", "Condition", ""), "2019-01-01");
    EXPECT_EQ(dated(R"({"effectivePeriod":{"start":"2019-03"}})", "Observation", ""), "2019-03-01");
    EXPECT_EQ(dated(R"({"issued":"2019-03-04T00:00:00Z"})", "DiagnosticReport", "issued"), "2019-03-04");
    EXPECT_EQ(dated(R"({"authoredOn":"2019-03-04"})", "MedicationRequest", ""), "2019-03-04");
    EXPECT_FALSE(date_rule("Condition", "birthdate").has_value());
}

}  // namespace
}  // namespace isocenter::fhir::cohort
