#include "fhir/cohort/find.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fhir/cohort/cohort_fixture.h"
#include "fhir/cohort/describe.h"

namespace isocenter::fhir::cohort {
namespace {

TEST_F(Cohort, the_smallest_condition_begins_and_the_others_see_only_its_patients) {
    for (int i = 0; i < 300; ++i) {
        patient(fmt::format("p{:03}", i));
        condition(fmt::format("c{}", i), fmt::format("p{:03}", i), i < 3 ? "rare" : "other");
        resource("Observation", fmt::format("o{}", i), fmt::format("p{:03}", i), i % 2 == 0 ? "high" : "low");
    }
    EXPECT_EQ(ids(R"({"clinical":[{"as":"lab","search":"Observation?code=high"},
                                  {"as":"rare","search":"Condition?code=rare"}]})"),
              "p000 p002");
    EXPECT_EQ(server.asked.size(), 6U)
        << "two counts, the smallest condition, its patients, whom they replace, the other condition";
    EXPECT_EQ(server.asked.back(), "/Observation/_search code=high&patient=p000,p001,p002&_count=1000");
}

TEST_F(Cohort, requests_follow_the_hits_not_the_population) {
    std::vector<std::size_t> requests;
    for (const int population : {100, 2000}) {
        server.resources.clear();
        server.asked.clear();
        for (int i = 0; i < population; ++i) {
            patient(fmt::format("p{}", i));
            condition(fmt::format("c{}", i), fmt::format("p{}", i), i < 20 ? "rare" : "other");
        }
        EXPECT_EQ(
            find(R"({"patient":{"age":{"gt":45}},"clinical":[{"as":"a","search":"Condition?code=rare"}]})")
                ->members.size(),
            20U);
        requests.push_back(server.asked.size());
    }
    EXPECT_EQ(requests[0], requests[1]);
}

TEST_F(Cohort, more_than_a_hundred_patients_are_asked_for_in_chunks_and_pages_are_followed) {
    server.page_size = 30;
    for (int i = 0; i < 250; ++i) {
        patient(fmt::format("p{}", i));
        condition(fmt::format("c{}", i), fmt::format("p{}", i), "rare");
        resource("Observation", fmt::format("o{}", i), fmt::format("p{}", i), "high");
        resource("Observation", fmt::format("x{}", i), fmt::format("p{}", i), "high");
    }
    // Pages belong to the last search of the fake, so one request at a time.
    const Definition both = *read_definition(std::string_view(
        R"({"clinical":[{"as":"a","search":"Condition?code=rare"},{"as":"b","search":"Observation?code=high","min":2}]})"));
    Sources one = sources();
    one.workers = 1;
    EXPECT_EQ(find_patients(both, "", "2026-11-24", one)->members.size(), 250U);
    EXPECT_EQ(server.asked_for("/Observation/_search"), 3U);
}

TEST_F(Cohort, dates_are_checked_again_and_errors_never_count) {
    for (const char* id : {"in", "old", "wrong", "refuted", "undated"})
        patient(id);
    condition("c1", "in", "x", "2024-11-24");
    condition("c2", "old", "x", "2024-11-23");
    resource("Condition", "c3", "wrong", "x",
             R"(,"onsetDateTime":"2026","verificationStatus":{"coding":[{"code":"entered-in-error"}]})");
    resource("Condition", "c4", "refuted", "x",
             R"(,"onsetDateTime":"2026","verificationStatus":{"coding":[{"code":"refuted"}]})");
    resource("Condition", "c5", "undated", "x");
    EXPECT_EQ(ids(R"({"clinical":[{"as":"a","search":"Condition?code=x","within":{"from":"-P2Y"}}]})"), "in");
    EXPECT_EQ(server.asked_for("onset-date=ge2024-11-23"), 2U) << "count and search, a day wider";
    EXPECT_EQ(server.asked_for("recorded-date=ge2024-11-23"), 2U);
}

TEST_F(Cohort, a_span_back_from_the_moment_of_the_question_ends_with_its_day) {
    for (const char* id : {"before", "of-it", "later"})
        patient(id);
    condition("c1", "before", "x", "2018-01-01");
    condition("c2", "of-it", "x", "2020-01-01T20:00:00Z");
    condition("c3", "later", "x", "2026-01-01");
    studies.add("1.1", "mrn-before", "CT", "20191231");
    studies.add("1.2", "mrn-later", "CT", "20260101");
    const auto at = [&](const std::string& moment, const std::string& within) {
        return ids(R"({"asOf":")" + moment +
                   R"(","clinical":[{"as":"a","search":"Condition?code=x","within":)" + within + "}]}");
    };
    for (const char* moment : {"2020-01-01", "2020-01-01T10:00:00Z"})
        EXPECT_EQ(at(moment, R"({"from":"-P2Y"})"), "before of-it") << moment;
    EXPECT_EQ(at("2020-01-01", R"({"from":"2018-01-01"})"), "before later of-it")
        << "a date names no other end";
    EXPECT_EQ(at("2020-01-01", R"({"from":"-P2Y","to":"P10Y"})"), "before later of-it");
    EXPECT_EQ(at("2020-01-01", R"({"from":"P1D"})"), "later") << "forward there is no end";
    EXPECT_EQ(
        ids(R"({"asOf":"2020-01-01","imaging":[{"as":"ct","match":{"Modality":"CT"},"within":{"from":"-P2Y"}}]})"),
        "before");
}

TEST_F(Cohort, windows_that_leave_the_calendar_are_asked_for_as_dates) {
    patient("p1");
    condition("c1", "p1", "x");
    EXPECT_EQ(
        ids(R"({"clinical":[{"as":"a","search":"Condition?code=x","within":{"from":"-P3000Y","to":"9999-12-31"}}]})"),
        "p1");
    EXPECT_EQ(server.asked_for("onset-date=ge0001-01-01&onset-date=le9999-12-31"), 2U);
}

TEST_F(Cohort, a_patient_of_another_server_is_nobody_here) {
    for (const char* id : {"p4", "p5"})
        patient(id);
    server.add(R"({"resourceType":"Condition","id":"c1","code":{"text":"x"},
                   "subject":{"reference":"https://other.example/fhir/Patient/p5"}})");
    server.add(R"({"resourceType":"Condition","id":"c2","code":{"text":"x"},
                   "subject":{"reference":"http://FHIR.test:80/fhir/Patient/p4"}})");
    EXPECT_EQ(ids(R"({"clinical":[{"as":"a","search":"Condition?code=x"}]})"), "p4");
}

TEST_F(Cohort, ages_hold_for_every_day_a_birth_date_may_mean) {
    const auto born = [&](const char* id, const char* date) {
        server.add(fmt::format(R"({{"resourceType":"Patient","id":"{}","birthDate":"{}"}})", id, date));
        condition(std::string("c") + id, id, "x");
    };
    born("a", "1980-11-24");
    born("b", "1980-11-25");
    born("c", "1980");
    born("d", "1979");
    server.add(R"({"resourceType":"Patient","id":"e"})");
    condition("ce", "e", "x");
    EXPECT_EQ(ids(R"({"patient":{"age":{"gt":45}},"clinical":[{"as":"x","search":"Condition?code=x"}]})"),
              "a d");
    EXPECT_EQ(ids(R"({"patient":{"age":{"le":45}},"clinical":[{"as":"x","search":"Condition?code=x"}]})"),
              "b");
}

TEST_F(Cohort, at_least_not_and_groups) {
    for (const char* id : {"p1", "p2", "p3"}) {
        patient(id);
        condition(std::string("c") + id, id, "x");
    }
    resource("Observation", "o1", "p1", "y");
    resource("Observation", "o2", "p1", "y");
    resource("Observation", "o3", "p2", "y");
    resource("Procedure", "r3", "p3", "z");
    const std::string x = R"({"as":"x","search":"Condition?code=x"})";
    EXPECT_EQ(ids(R"({"clinical":[)" + x + R"(,{"as":"y","search":"Observation?code=y","min":2}]})"), "p1");
    EXPECT_EQ(ids(R"({"clinical":[)" + x + R"(,{"as":"y","search":"Observation?code=y","min":0}]})"),
              "p1 p2 p3");
    EXPECT_EQ(ids(R"({"clinical":[)" + x + R"(,{"as":"y","search":"Observation?code=y","not":true}]})"),
              "p3");
    const std::string group = R"({"clinical":[{"as":"y","search":"Observation?code=y","min":2},
                                 {"as":"z","search":"Procedure?code=z"}],"any":[["y","z"]]})";
    EXPECT_EQ(ids(group), "p1 p3");
}

TEST_F(Cohort, studies_that_were_to_be_absent_are_not_listed) {
    patient("p1");
    condition("c1", "p1", "x");
    studies.add("1.1", "mrn-p1", "CT");
    studies.add("1.2", "mrn-p1", "MR");
    const auto selection = find(R"({"clinical":[{"as":"x","search":"Condition?code=x"}],
        "imaging":[{"as":"ct","match":{"Modality":"CT"},"not":true},
                   {"as":"mr","match":{"Modality":"MR"},"min":0}],"any":[["x","ct"]]})");
    ASSERT_TRUE(selection.has_value()) << selection.error().text;
    ASSERT_EQ(selection->members.size(), 1U);
    ASSERT_EQ(selection->studies(), 1U);
    EXPECT_EQ(selection->members[0].studies[0].uid, "1.2");
}

TEST_F(Cohort, relations_keep_hits_near_the_first_or_any_other) {
    for (const char* id : {"p1", "p2"})
        patient(id);
    const auto lab = [&](const char* id, const char* patient, const char* date) {
        resource("Observation", id, patient, "troponin", fmt::format(R"(,"effectiveDateTime":"{}")", date));
    };
    lab("o1", "p1", "2026-01-01");
    lab("o2", "p1", "2026-02-03");
    lab("o3", "p2", "2025-10-01");
    lab("o4", "p2", "2026-02-01");
    studies.add("1.1", "mrn-p1", "CT", "20260131");
    studies.add("1.2", "mrn-p1", "CT", "20260201");
    studies.add("2.1", "mrn-p2", "CT", "20260203");
    const std::string head = R"({"clinical":[{"as":"t","search":"Observation?code=troponin"}],
        "imaging":[{"as":"ct","match":{"Modality":"CT"}}],
        "relations":[{"of":"ct","to":"t","from":"P0D","until":"P30D")";
    const auto first = find(head + R"(,"pick":"first"}]})");
    ASSERT_TRUE(first.has_value()) << first.error().text;
    ASSERT_EQ(first->members.size(), 1U);
    ASSERT_EQ(first->members[0].studies.size(), 1U);
    EXPECT_EQ(first->members[0].studies[0].uid, "1.1");
    EXPECT_EQ(ids(head + R"(}]})"), "p1 p2");
}

TEST_F(Cohort, relations_of_relations_do_not_depend_on_the_order_of_writing) {
    patient("p5");
    condition("a1", "p5", "a", "2026-01-01");
    condition("b1", "p5", "b", "2025-01-01");
    condition("b2", "p5", "b", "2026-01-05");
    condition("c1", "p5", "c", "2026-01-08");
    const std::string head = R"({"clinical":[{"as":"a","search":"Condition?code=a"},
        {"as":"b","search":"Condition?code=b"},{"as":"c","search":"Condition?code=c"}],"relations":[)";
    const std::string b = R"({"of":"b","to":"a","from":"P0D","until":"P10D"})";
    const std::string c = R"({"of":"c","to":"b","from":"P0D","until":"P10D","pick":"first"})";
    EXPECT_EQ(ids(head + b + ',' + c + "]}"), "p5");
    EXPECT_EQ(ids(head + c + ',' + b + "]}"), "p5");
    const std::string circle = R"({"of":"b","to":"c","from":"-P10D","until":"P0D"})";
    EXPECT_EQ(ids(head + c + ',' + circle + "]}"), "") << "as written: c after the first b";
    EXPECT_EQ(ids(head + circle + ',' + c + "]}"), "p5");
}

TEST_F(Cohort, a_replaced_patient_and_its_successor_are_one_person) {
    patient("old", R"(,"link":[{"type":"replaced-by","other":{"reference":"Patient/new"}}])");
    patient("new", R"(,"link":[{"type":"replaces","other":{"reference":"Patient/old"}}])");
    condition("c1", "old", "x");
    resource("Observation", "o1", "new", "y");
    studies.add("1.1", "mrn-old", "CT");
    const auto selection = find(R"({"clinical":[{"as":"x","search":"Condition?code=x"},
        {"as":"y","search":"Observation?code=y"}],"imaging":[{"as":"ct","match":{"Modality":"CT"}}]})");
    ASSERT_TRUE(selection.has_value()) << selection.error().text;
    ASSERT_EQ(selection->members.size(), 1U);
    EXPECT_EQ(selection->members[0].id, "new");
    EXPECT_EQ(selection->members[0].studies.size(), 1U);
}

TEST_F(Cohort, a_replaced_patient_is_known_whichever_condition_begins) {
    patient("old", R"(,"link":[{"type":"replaced-by","other":{"reference":"Patient/new"}}])");
    patient("oldest", R"(,"link":[{"type":"replaced-by","other":{"reference":"Patient/old"}}])");
    patient("new");
    patient("other");
    condition("c1", "new", "y");
    condition("c2", "old", "z");
    condition("c3", "oldest", "w");
    for (const char* id : {"c4", "c5"})
        condition(id, "other", "z");
    const auto both = [](const char* one, const char* two) {
        return fmt::format(R"({{"clinical":[{{"as":"a","search":"Condition?code={}"}},
                                {{"as":"b","search":"Condition?code={}"}}]}})",
                           one, two);
    };
    EXPECT_EQ(ids(both("y", "z")), "new");
    EXPECT_EQ(ids(both("y", "w")), "new") << "over several steps";
    condition("c6", "other", "y");
    condition("c7", "other", "y");
    condition("c8", "other", "y");
    server.asked.clear();
    EXPECT_EQ(ids(both("y", "w")), "new") << "begun with the replaced one";

    server.ignores_link = true;
    std::erase_if(server.resources, [](const auto& each) { return each.at("id").as_string() == "c3"; });
    for (int i = 0; i < 50; ++i)
        patient(fmt::format("p{}", i));
    server.page_size = 20;
    EXPECT_EQ(ids(R"({"clinical":[{"as":"z","search":"Condition?code=z"}]})"), "new other")
        << "a server that answers with everybody is asked no further";
}

TEST_F(Cohort, studies_belong_by_identifier_and_by_imaging_study) {
    patient("p1");
    patient("p2");
    condition("c1", "p1", "x");
    condition("c2", "p2", "x");
    studies.add("1.1", "mrn-p1", "CT");
    studies.add("2.1", "elsewhere", "CT");
    studies.add("2.2", "elsewhere", "CT");
    studies.add("9.9", "mrn-p9", "CT");
    resource("ImagingStudy", "is1", "p2", "-",
             R"(,"identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:oid:2.1"}])");
    const auto selection = find(R"({"clinical":[{"as":"x","search":"Condition?code=x"}],
                                   "imaging":[{"as":"ct","match":{"Modality":"CT"}}]})");
    ASSERT_TRUE(selection.has_value()) << selection.error().text;
    ASSERT_EQ(selection->members.size(), 2U);
    EXPECT_EQ(selection->members[0].studies[0].uid, "1.1");
    ASSERT_EQ(selection->members[1].studies.size(), 2U) << "the whole archive patient is theirs";
    EXPECT_EQ(selection->members[1].studies[0].imaging_study, "ImagingStudy/is1");
    EXPECT_EQ(selection->members[1].studies[1].imaging_study, "");
}

TEST_F(Cohort, of_imaging_studies_only_what_is_needed_is_read) {
    patient("p1");
    patient("p2");
    studies.add("1.1", "mrn-p1", "CT");
    resource(
        "ImagingStudy", "is1", "p1", "-",
        R"(,"identifier":[{"system":"urn:dicom:uid","value":"urn:oid:1.1"}],"series":[{"uid":"1.1.1"}])");
    const auto selection = find(R"({"imaging":[{"as":"ct","match":{"Modality":"CT"}}]})");
    ASSERT_TRUE(selection.has_value()) << selection.error().text;
    EXPECT_EQ(selection->members[0].studies[0].imaging_study, "ImagingStudy/is1");
    const auto searches = server.asked_for("/ImagingStudy/_search");
    EXPECT_EQ(searches, 3U) << "whose a study is, what they have, who else has it";
    EXPECT_EQ(server.asked_for("/ImagingStudy/_search _elements="), searches);
}

TEST_F(Cohort, a_rare_kind_of_study_begins) {
    for (int i = 0; i < 50; ++i) {
        patient(fmt::format("p{}", i));
        condition(fmt::format("c{}", i), fmt::format("p{}", i), "x");
        studies.add(fmt::format("1.{}", i), fmt::format("mrn-p{}", i), i < 2 ? "XA" : "CT");
    }
    EXPECT_EQ(ids(R"({"clinical":[{"as":"x","search":"Condition?code=x"}],
                     "imaging":[{"as":"xa","match":{"Modality":"XA"}}]})"),
              "p0 p1");
    EXPECT_EQ(server.asked_for("patient=p0,p1&"), 2U) << "conditions and ImagingStudies";
    EXPECT_EQ(studies.queries[0].most_studies, 50U);
}

TEST_F(Cohort, studies_of_many_instances_are_few_studies) {
    for (int i = 0; i < 50; ++i)
        patient(fmt::format("p{}", i));
    studies.add("1.1", "mrn-p7", "CT");
    studies.instances_of_each = 45;
    Sources few = sources();
    few.max_patients = 20;
    const std::string match = R"({"SOPClassUID":"1.2.840.10008.5.1.4.1.1.2"})";
    definition = *read_definition(std::string_view(R"({"imaging":[{"as":"ct","match":)" + match + "}]}"));
    const auto selection = find_patients(definition, "", "2026-11-24", few);
    ASSERT_TRUE(selection.has_value()) << selection.error().text;
    ASSERT_EQ(selection->members.size(), 1U);
    EXPECT_EQ(selection->members[0].id, "p7");
    for (int i = 0; i < 20; ++i)
        studies.add(fmt::format("2.{}", i), fmt::format("mrn-p{}", i), "CT");
    EXPECT_FALSE(find_patients(definition, "", "2026-11-24", few)) << "21 studies are not 20";
    EXPECT_EQ(studies.queries.back().most_studies, 20U) << "nobody reads on to learn how many more there are";
}

TEST_F(Cohort, an_identity_of_two_patients_is_a_problem_not_a_guess) {
    patient("p1");
    server.add(
        R"({"resourceType":"Patient","id":"p2","identifier":[{"system":"urn:mrn","value":"mrn-p1"}]})");
    condition("c1", "p1", "x");
    studies.add("1.1", "mrn-p1", "CT");
    const auto selection = find(R"({"clinical":[{"as":"x","search":"Condition?code=x"}],
                                   "imaging":[{"as":"ct","match":{"Modality":"CT"}}]})");
    ASSERT_TRUE(selection.has_value()) << selection.error().text;
    ASSERT_EQ(selection->members.size(), 1U);
    EXPECT_NE(selection->members[0].problem.find("2 FHIR patients"), std::string::npos);
    EXPECT_EQ(selection->studies(), 0U);
    EXPECT_EQ(totals_of(*selection).at("errors"), 1) << "lists of studies and the Group are without them";
    const auto entry = describe(definition, *selection, 0, 1, "", sources());
    EXPECT_TRUE((*entry)[0].contains("error"));
    EXPECT_FALSE((*entry)[0].contains("studies"));
}

TEST_F(Cohort, a_study_with_imaging_studies_of_two_patients_is_a_problem_not_a_guess) {
    constexpr const char* kStudy = R"(,"identifier":[{"system":"urn:dicom:uid","value":"urn:oid:1.1"}])";
    for (const char* id : {"p1", "p2", "p3"})
        patient(id);
    condition("c1", "p1", "x");
    condition("c2", "p2", "x");
    studies.add("1.1", "elsewhere", "CT");
    resource("ImagingStudy", "is1", "p1", "-", kStudy);
    resource("ImagingStudy", "is2", "p2", "-", kStudy);
    constexpr const char* kQuestion = R"({"clinical":[{"as":"x","search":"Condition?code=x"}],
                                          "imaging":[{"as":"ct","match":{"Modality":"CT"},"min":0}]})";
    const auto both = find(kQuestion);
    ASSERT_TRUE(both.has_value()) << both.error().text;
    ASSERT_EQ(both->members.size(), 2U);
    for (const Member& member : both->members)
        EXPECT_NE(member.problem.find("2 FHIR patients"), std::string::npos) << member.id;
    // The same when the other one is no candidate, but not when it was replaced by the first.
    server.resources.back()["subject"] = boost::json::object{{"reference", "Patient/p3"}};
    const auto one = find(kQuestion);
    EXPECT_NE(one->members[0].problem.find("2 FHIR patients"), std::string::npos);
    EXPECT_EQ(one->members[1].problem, "");
    patient("p4", R"(,"link":[{"type":"replaced-by","other":{"reference":"Patient/p1"}}])");
    resource("ImagingStudy", "is4", "p4", "-", kStudy);
    std::erase_if(server.resources, [](const auto& each) { return each.at("id").as_string() == "is2"; });
    const auto replaced = find(kQuestion);
    EXPECT_EQ(replaced->members[0].problem, "");
    EXPECT_EQ(replaced->members[0].studies.size(), 1U);
}

TEST_F(Cohort, imaging_studies_of_one_uid_in_two_partitions_are_told_apart) {
    content.partitions["north"] = {};
    for (const char* id : {"p1", "p2"}) {
        patient(id);
        condition(std::string("c") + id, id, "x");
    }
    studies.add("1.1", "here", "CT");
    studies.add("1.1", "there", "CT", "20260203", "", "north");
    constexpr const char* kStudy = R"({"system":"urn:dicom:uid","value":"urn:oid:1.1"})";
    resource("ImagingStudy", "is1", "p1", "-", fmt::format(R"(,"identifier":[{}])", kStudy));
    resource("ImagingStudy", "is2", "p2", "-",
             fmt::format(R"(,"identifier":[{},{{"system":"urn:isocenter:partition:north","value":"1.1"}}])",
                         kStudy));
    const auto selection = find(R"({"clinical":[{"as":"x","search":"Condition?code=x"}],
        "imaging":[{"as":"here","match":{"Modality":"CT"},"min":0},
                   {"as":"there","match":{"Modality":"CT"},"partition":"north","min":0}]})");
    ASSERT_TRUE(selection.has_value()) << selection.error().text;
    ASSERT_EQ(selection->members.size(), 2U);
    const auto told = [](const Member& member) {
        std::string text = member.problem;
        for (const StudyHit& study : member.studies)
            text += study.partition + ' ' + study.imaging_study + ';';
        return text;
    };
    EXPECT_EQ(told(selection->members[0]), "Microsoft.Default ImagingStudy/is1;");
    EXPECT_EQ(told(selection->members[1]), "north ImagingStudy/is2;");
}

TEST_F(Cohort, a_server_that_tells_no_versions_is_searched_as_well) {
    patient("p1");
    condition("c1", "p1", "x");
    studies.add("1.1", "mrn-p1", "CT");
    for (boost::json::object& each : server.resources)
        each.erase("meta");
    EXPECT_EQ(ids(R"({"clinical":[{"as":"x","search":"Condition?code=x"}],
                     "imaging":[{"as":"ct","match":{"Modality":"CT"}}]})"),
              "p1");
}

TEST_F(Cohort, failures_name_the_criterion_and_tell_later_from_never) {
    constexpr const char* kSearch = R"({"clinical":[{"as":"x","search":"Condition?colour=x"}]})";
    server.answer_status = 400;
    server.answer_body =
        R"({"resourceType":"OperationOutcome","issue":[{"diagnostics":"Unknown parameter colour"}]})";
    const auto refused = find(kSearch);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, CohortFailure::Kind::refused);
    EXPECT_EQ(refused.error().where, "/clinical/0");
    EXPECT_NE(refused.error().text.find("Unknown parameter colour"), std::string::npos);
    for (const unsigned status : {429U, 500U, 503U}) {
        server.answer_status = status;
        const auto away = find(kSearch);
        EXPECT_EQ(away.error().kind, CohortFailure::Kind::unavailable) << status;
        EXPECT_EQ(away.error().retry_after, std::chrono::seconds(7));
    }
}

TEST_F(Cohort, too_many_candidates_are_refused_with_the_counts) {
    for (int i = 0; i < 5; ++i) {
        patient(fmt::format("p{}", i));
        condition(fmt::format("c{}", i), fmt::format("p{}", i), "x");
    }
    definition =
        *read_definition(std::string_view(R"({"clinical":[{"as":"common","search":"Condition?code=x"}]})"));
    Sources few = sources();
    few.max_patients = 4;
    const auto selection = find_patients(definition, "", "2026-11-24", few);
    ASSERT_FALSE(selection.has_value());
    EXPECT_EQ(selection.error().kind, CohortFailure::Kind::too_many);
    EXPECT_NE(selection.error().text.find("common: 5"), std::string::npos);
}

}  // namespace
}  // namespace isocenter::fhir::cohort
