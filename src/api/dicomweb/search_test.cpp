#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <utility>

#include "api/route_caller.h"
#include "archive/faulty_index.h"
#include "dicom/tags.h"

namespace isocenter::api {
namespace {

using testing::HasSubstr;
namespace json = boost::json;
namespace tags = dicom::tags;

std::string make_object(const std::string& study, const std::string& series, const std::string& instance,
                        const std::string& modality, const std::string& name = "Doe^Jane") {
    dicom::DataSet data_set = archive::make_data_set(study, series, instance);
    data_set.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
    data_set.set_text(tags::Modality, modality);
    data_set.set_text(tags::PatientName, name);
    data_set.set_text(tags::StudyDate, "20240131");
    data_set.set_text(tags::InstanceNumber, "7");
    data_set.set_text(tags::StudyID, "S1");
    archive::set_number(data_set, tags::Rows, 512);
    return archive::to_part10(data_set);
}

/// Three studies: 1.1 with CT, CT, MR; 1.2 and 1.3 with one CT each.
class Search : public testing::Test {
  protected:
    static void fill(RouteCaller& test) {
        const auto outcomes = test.stored.store({
            make_object("1.1", "1.1.1", "1.1.1.1", "CT"),
            make_object("1.1", "1.1.2", "1.1.2.1", "CT"),
            make_object("1.1", "1.1.3", "1.1.3.1", "MR"),
            make_object("1.2", "1.2.1", "1.2.1.1", "CT", "H\xC3\xA4ll^Jon"),
            make_object("1.3", "1.3.1", "1.3.1.1", "CT", "Roe^Rae"),
        });
        for (const auto& outcome : outcomes)
            ASSERT_FALSE(outcome.failure.has_value()) << outcome.message;
    }
    static http::Response get(RouteCaller& test, const std::string& query,
                              const std::string& pattern = "/studies", const http::PathParams& params = {}) {
        const auto routes = search_routes(test.face);
        return RouteCaller::call(RouteCaller::find(routes, http::Method::get, pattern),
                                 RouteCaller::request(query), params);
    }
};

TEST_F(Search, StandardStudyRowHasEveryRequiredAttribute) {
    RouteCaller test(standard_profile());
    fill(test);
    const http::Response response = get(test, "StudyInstanceUID=1.1");
    ASSERT_EQ(response.status, 200U);
    EXPECT_EQ(response.headers.get("Content-Type"), "application/dicom+json");
    const json::value body = json_of(response);
    ASSERT_EQ(body.as_array().size(), 1U);
    const json::object& row = body.at(0).as_object();
    for (const char* key :
         {"00080005", "00080020", "00080030", "00080050", "00080056", "00080061", "00080090", "00081190",
          "00100010", "00100020", "00100030", "00100040", "0020000D", "00200010", "00201206", "00201208"})
        EXPECT_TRUE(row.contains(key)) << key;
    EXPECT_EQ(row.size(), 16U);
    EXPECT_EQ(row.at("00080030"), json::parse(R"({"vr":"TM"})"));
    EXPECT_EQ(row.at("00080061"), json::parse(R"({"vr":"CS","Value":["CT","MR"]})"));
    EXPECT_EQ(row.at("00201206"), json::parse(R"({"vr":"IS","Value":[3]})"));
    EXPECT_EQ(row.at("00100010"), json::parse(R"({"vr":"PN","Value":[{"Alphabetic":"Doe^Jane"}]})"));
    EXPECT_EQ(row.at("00081190"),
              json::parse(R"({"vr":"UR","Value":["http://test/dicom-web/studies/1.1"]})"));
}

TEST_F(Search, StandardEmptyAnswerIsAnEmptyListAndAnUnknownStudyIsNoError) {
    RouteCaller test(standard_profile());
    EXPECT_EQ(body_of(get(test, "")), "[]");
    const http::Response series = get(test, "", "/studies/{study}/series", params_of({{"study", "9.9"}}));
    EXPECT_EQ(series.status, 200U);
    EXPECT_EQ(body_of(series), "[]");
}

TEST_F(Search, StandardSaysHowManyMoreThereAre) {
    RouteCaller test(standard_profile());
    fill(test);
    const http::Response page = get(test, "limit=1&offset=1&Rows=5");
    EXPECT_EQ(json_of(page).as_array().size(), 1U);
    EXPECT_EQ(page.headers.joined("Warning"),
              "299 isocenter: Rows is not supported and was ignored, "
              "299 isocenter: There are 1 additional results that can be requested");
    EXPECT_FALSE(get(test, "limit=3").headers.has("Warning"));
    EXPECT_EQ(body_of(get(test, "limit=0")), "[]");
}

TEST_F(Search, StandardNewestStudyComesFirst) {
    RouteCaller test(standard_profile());
    fill(test);
    const json::value body = json_of(get(test, ""));
    ASSERT_EQ(body.as_array().size(), 3U);
    EXPECT_EQ(body.at(0).at("0020000D").at("Value").at(0), json::value("1.3"));
    EXPECT_EQ(body.at(2).at("0020000D").at("Value").at(0), json::value("1.1"));
}

TEST_F(Search, StandardNamesMatchWithoutCaseAndAccents) {
    RouteCaller test(standard_profile());
    fill(test);
    for (const char* query : {"PatientName=hall%5Ejon", "PatientName=HAL*",
                              "PatientName=jo&fuzzymatching=true", "PatientName=H%C3%84LL%5E*"})
        EXPECT_EQ(json_of(get(test, query)).as_array().size(), 1U) << query;
}

TEST_F(Search, StandardInstanceRowsShowTheirLevelsAndAllMeansTheWholeDocument) {
    RouteCaller test(standard_profile());
    fill(test);
    const json::value body = json_of(get(test, "SOPInstanceUID=1.1.2.1", "/instances"));
    ASSERT_EQ(body.as_array().size(), 1U);
    const json::object& row = body.at(0).as_object();
    EXPECT_EQ(row.at("00280010"), json::parse(R"({"vr":"US","Value":[512]})"));
    EXPECT_EQ(row.at("00200013"), json::parse(R"({"vr":"IS","Value":[7]})"));
    EXPECT_EQ(row.at("00081190").at("Value").at(0),
              json::value("http://test/dicom-web/studies/1.1/series/1.1.2/instances/1.1.2.1"));
    EXPECT_FALSE(row.contains("00280011"));
    const json::value all =
        json_of(get(test, "includefield=all", "/studies/{study}/series/{series}/instances",
                    params_of({{"study", "1.1"}, {"series", "1.1.2"}})));
    ASSERT_EQ(all.as_array().size(), 1U);
    EXPECT_TRUE(all.at(0).as_object().contains("00280010"));
    EXPECT_TRUE(all.at(0).as_object().contains("00200010"));
    EXPECT_EQ(all.at(0).at("00200010"), json::parse(R"({"vr":"SH","Value":["S1"]})"));
}

TEST_F(Search, StandardGivesXmlWhenAsked) {
    RouteCaller test(standard_profile());
    fill(test);
    http::Request request = RouteCaller::request("");
    request.headers.set("Accept", "multipart/related; type=\"application/dicom+xml\"");
    const auto routes = search_routes(test.face);
    const http::Response response =
        RouteCaller::call(RouteCaller::find(routes, http::Method::get, "/studies"), request);
    EXPECT_EQ(response.status, 200U);
    EXPECT_THAT(std::string(response.headers.get("Content-Type")),
                HasSubstr("type=\"application/dicom+xml\""));
    EXPECT_THAT(body_of(response), HasSubstr("keyword=\"PatientName\""));
    request.headers.set("Accept", "application/pdf");
    EXPECT_EQ(RouteCaller::call(RouteCaller::find(routes, http::Method::get, "/studies"), request).status,
              406U);
}

TEST_F(Search, CompatibilityRowHoldsStoredAttributesOfTheReturnSetOnly) {
    RouteCaller test(v2_profile());
    fill(test);
    const http::Response response = get(test, "PatientName=hall%5Ejon");
    ASSERT_EQ(response.status, 200U);
    const json::value body = json_of(response);
    ASSERT_EQ(body.as_array().size(), 1U);
    EXPECT_EQ(body.at(0),
              json::parse("{\"00080020\":{\"vr\":\"DA\",\"Value\":[\"20240131\"]},"
                          "\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"H\xC3\xA4ll^Jon\"}]},"
                          "\"00100020\":{\"vr\":\"LO\",\"Value\":[\"P1\"]},"
                          "\"0020000D\":{\"vr\":\"UI\",\"Value\":[\"1.2\"]}}"));
}

TEST_F(Search, CompatibilityComputesWhatIsAskedFor) {
    RouteCaller test(v2_profile());
    fill(test);
    const json::value body =
        json_of(get(test, "ModalitiesInStudy=MR&includefield=NumberOfStudyRelatedInstances"));
    ASSERT_EQ(body.as_array().size(), 1U);
    EXPECT_EQ(body.at(0).at("00080061").at("Value"), json::parse(R"(["CT","MR"])"));
    EXPECT_EQ(body.at(0).at("00201208").at("Value").at(0), json::value(3));
    const json::value series = json_of(get(test, "includefield=NumberOfSeriesRelatedInstances&Modality=MR",
                                           "/studies/{study}/series", params_of({{"study", "1.1"}})));
    ASSERT_EQ(series.as_array().size(), 1U);
    EXPECT_EQ(series.at(0).at("00201209").at("Value").at(0), json::value(1));
    EXPECT_EQ(series.at(0).at("0020000D").at("Value").at(0), json::value("1.1"));
}

TEST_F(Search, CompatibilityEmptyAnswersAndErrors) {
    RouteCaller test(v2_profile());
    fill(test);
    EXPECT_EQ(get(test, "StudyDate=20200101").status, 204U);
    EXPECT_EQ(get(test, "offset=3").status, 204U);
    const http::Response refused = get(test, "Modality=CT");
    EXPECT_EQ(refused.status, 400U);
    EXPECT_THAT(body_of(refused), HasSubstr("Modality"));
    EXPECT_EQ(get(test, "", "/studies/{study}/series", params_of({{"study", "abc"}})).status, 400U);
    http::Request request = RouteCaller::request("PatientIDs=1");
    request.headers.set("Accept", "application/dicom");
    const auto routes = search_routes(test.face);
    const http::Response bad =
        RouteCaller::call(RouteCaller::find(routes, http::Method::get, "/studies"), request);
    EXPECT_EQ(bad.status, 406U);
    EXPECT_TRUE(body_of(bad).empty());
    // Numbers and booleans are read before Accept is looked at.
    request.query = "limit=abc";
    EXPECT_EQ(RouteCaller::call(RouteCaller::find(routes, http::Method::get, "/studies"), request).status,
              400U);
}

TEST_F(Search, OlderVersionHasBroaderDefaults) {
    RouteCaller test(v1_profile());
    fill(test);
    const json::value body = json_of(get(test, "SOPInstanceUID=1.1.1.1", "/instances"));
    ASSERT_EQ(body.as_array().size(), 1U);
    EXPECT_TRUE(body.at(0).as_object().contains("00080016"));
    EXPECT_TRUE(body.at(0).as_object().contains("00280010"));
    EXPECT_FALSE(body.at(0).as_object().contains("00080056"));
}

// --- delete

TEST_F(Search, DeleteIsEffectiveAtOnceAndKnownAfterwards) {
    for (const Profile* profile : {&v2_profile(), &standard_profile()}) {
        RouteCaller test(*profile);
        fill(test);
        const auto routes = remove_routes(test.face);
        const http::Route& study = RouteCaller::find(routes, http::Method::delete_, "/studies/{study}");
        const http::Request request = RouteCaller::request();
        EXPECT_EQ(RouteCaller::call(study, request, params_of({{"study", "1.1"}})).status, 204U);
        EXPECT_EQ(RouteCaller::call(study, request, params_of({{"study", "1.1"}})).status,
                  profile->standard ? 410U : 404U);
        EXPECT_EQ(RouteCaller::call(study, request, params_of({{"study", "9.9"}})).status, 404U);
        EXPECT_EQ(RouteCaller::call(study, request, params_of({{"study", "bad"}})).status, 400U);
        EXPECT_EQ(json_of(get(test, "")).as_array().size(), 2U);
    }
}

/// So many instances that their answer is written in batches.
class LongSearch : public Search {
  protected:
    static constexpr int kInstances = 120;
    void SetUp() override {
        std::vector<std::string> objects;
        for (int i = 0; i < kInstances; ++i)
            objects.push_back(make_object("1.1", "1.1.1", "1.1.1." + std::to_string(i + 1), "CT"));
        for (const auto& outcome : test.stored.store(objects))
            ASSERT_FALSE(outcome.failure.has_value()) << outcome.message;
    }
    http::Response search() { return get(test, "includefield=all", "/instances"); }

    RouteCaller test{standard_profile()};
};

TEST_F(LongSearch, DocumentsAreFetchedWhileTheAnswerIsRead) {
    http::Response response = search();
    ASSERT_EQ(response.status, 200U);
    auto& source = std::get<std::unique_ptr<ByteSource>>(response.body);
    std::string text(100, '\0');
    ASSERT_EQ(*source->read(std::as_writable_bytes(std::span(text))), text.size());
    text += *read_all(*source, 1U << 24U);
    const json::value body = json::parse(text);
    ASSERT_EQ(body.as_array().size(), static_cast<std::size_t>(kInstances));
    int number = kInstances;
    for (const json::value& element : body.as_array()) {
        const json::object& row = element.as_object();
        EXPECT_EQ(json::value_to<std::string>(row.at("00080018").at("Value").at(0)),
                  "1.1.1." + std::to_string(number));
        EXPECT_TRUE(row.contains("00280010")) << "Rows is in the document only";
        EXPECT_TRUE(row.at("00100020").as_object().contains("Value"));
        --number;
    }
}

TEST_F(LongSearch, AnAnswerOfWhichARowIsRemovedMeanwhileBreaksOff) {
    http::Response response = search();
    auto& source = std::get<std::unique_ptr<ByteSource>>(response.body);
    std::string text(100, '\0');
    ASSERT_EQ(*source->read(std::as_writable_bytes(std::span(text))), text.size());
    // The oldest one stands last, in a batch that has not been fetched yet.
    ASSERT_TRUE(test.stored.archive->remove(archive::key_of("1.1", "1.1.1", "1.1.1.1")).ok());
    EXPECT_FALSE(read_all(*source, 1U << 24U).ok());
}

TEST_F(LongSearch, TheRowsCountAsMemoryUntilTheyAreSent) {
    test.face.memory = std::make_shared<MemoryBudget>(600'000);
    {
        const http::Response response = search();
        ASSERT_EQ(response.status, 200U);
        EXPECT_GE(test.face.memory->used_bytes(), 400'000U);
        const http::Response refused = search();
        EXPECT_EQ(refused.status, 503U);
        EXPECT_TRUE(refused.headers.has("Retry-After"));
    }
    EXPECT_EQ(test.face.memory->used_bytes(), 0U);
    EXPECT_EQ(search().status, 200U);
}

TEST(LongDocuments, OfASearchAreHeldAPieceAtATimeAndCharged) {
    constexpr int kInstances = 12;
    RouteCaller test(standard_profile());
    store_long_ones(test.stored, kInstances);
    const auto routes = search_routes(test.face);
    const std::pair<const char*, std::uint64_t> forms[] = {
        {"application/dicom+json", 6U << 20U},
        {"multipart/related; type=\"application/dicom+xml\"", 24U << 20U}};
    for (const auto& [accept, budget] : forms) {
        test.face.memory = std::make_shared<MemoryBudget>(budget);
        http::Request request = RouteCaller::request("includefield=all&limit=50");
        request.headers.set("Accept", accept);
        http::Response response =
            RouteCaller::call(RouteCaller::find(routes, http::Method::get, "/instances"), request);
        ASSERT_EQ(response.status, 200U) << accept;
        const HeldBody body = read_held(response, *test.face.memory);
        EXPECT_GT(body.text.size(), kInstances * (1U << 20U)) << accept;
        EXPECT_GE(body.most_held, 1U << 20U) << accept;
        EXPECT_LT(body.most_held, body.text.size() / 2) << accept;
        response.body = {};
        EXPECT_EQ(test.face.memory->used_bytes(), 0U) << accept;
    }
}

TEST(LongDocuments, WhatIsReplacedOrRemovedWhileTheAnswerIsRead) {
    RouteCaller test(standard_profile());
    store_long_ones(test.stored, 5);
    const auto routes = search_routes(test.face);
    const auto find = [&](const char* pattern) {
        return RouteCaller::call(RouteCaller::find(routes, http::Method::get, pattern),
                                 RouteCaller::request("includefield=all&limit=50"));
    };
    // Newest first: those named come last.
    const http::Response replaced = find("/instances");
    store_long_one(test.stored, 1, "S2");
    const auto rows = json_of(replaced).as_array();
    ASSERT_EQ(rows.size(), 5U);
    for (const auto& row : rows)
        EXPECT_TRUE(row.as_object().contains("0040A160"));
    const http::Response removed = find("/instances");
    ASSERT_TRUE(test.stored.archive->remove(archive::key_of("1.1", "1.1.1", "1.1.1.2")).ok());
    EXPECT_TRUE(breaks_off(removed));
}

TEST(LongDocuments, AStudyIsFoundWhenItsNewestInstanceGoesMeanwhile) {
    RouteCaller test(standard_profile());
    store_long_ones(test.stored, 2);
    test.stored.store({archive::to_part10(archive::make_data_set("2.2", "2.2.1", "2.2.1.1"))});
    const http::Response found =
        RouteCaller::call(RouteCaller::find(search_routes(test.face), http::Method::get, "/studies"),
                          RouteCaller::request("includefield=all"));
    ASSERT_TRUE(test.stored.archive->remove(archive::key_of("1.1", "1.1.1", "1.1.1.2")).ok());
    const auto rows = json_of(found).as_array();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_TRUE(rows[1].as_object().contains("00101010")) << "an age, which only the metadata have";
}

/// With a private attribute that says whether `number` is even, and metadata of a megabyte.
std::string private_one(int number, const std::string& study_id = "S1") {
    dicom::DataSet data_set = archive::make_data_set("1.1", "1.1.1", "1.1.1." + std::to_string(number));
    data_set.set_text(tags::StudyID, study_id);
    data_set.set({.tag = {0x0023, 0x0010}, .vr = dicom::Vr::LO, .bytes = "ACME"});
    data_set.set({.tag = {0x0023, 0x1001}, .vr = dicom::Vr::LO, .bytes = number % 2 == 0 ? "even" : "odd "});
    data_set.set({.tag = {0x0040, 0xA160}, .vr = dicom::Vr::UT, .bytes = std::string(1 << 20, 'x')});
    return archive::to_part10(data_set);
}

class PrivateSearch : public Search {
  protected:
    static constexpr const char* kEven = "00230010=ACME&00231001=even";
    void SetUp() override {
        for (int i = 1; i <= 4; ++i)
            ASSERT_TRUE(test.stored.store({private_one(i)})[0].created);
    }
    http::Response search(const char* pattern = "/instances") { return get(test, kEven, pattern); }

    RouteCaller test{standard_profile()};
};

TEST_F(PrivateSearch, DocumentsThatAreLookedIntoCountAsMemory) {
    test.face.memory = std::make_shared<MemoryBudget>(6U << 20U);
    EXPECT_EQ(json_of(search("/instances")).as_array().size(), 2U);
    EXPECT_EQ(json_of(search("/studies")).as_array().size(), 1U);
    EXPECT_FALSE(search().headers.has("Warning"));
    EXPECT_EQ(test.face.memory->used_bytes(), 0U);
    MemoryBudget::Lease others(*test.face.memory);
    ASSERT_TRUE(others.resize(4U << 20U).ok());
    // Without a match the answer itself needs no document.
    for (const char* pattern : {"/instances", "/studies"}) {
        const http::Response refused = get(test, "00230010=ACME&00231001=other", pattern);
        EXPECT_EQ(refused.status, 503U) << pattern;
        EXPECT_TRUE(refused.headers.has("Retry-After"));
    }
}

TEST_F(PrivateSearch, WhatCannotBeLookedIntoIsTold) {
    damage_document(test.stored, "1.1.1.2");
    const http::Response found = search();
    ASSERT_EQ(found.status, 200U);
    EXPECT_EQ(json_of(found).as_array().size(), 1U);
    EXPECT_THAT(std::string(found.headers.get("Warning")), HasSubstr("1 possible matches were left out"));
}

/// Of the archive's index, and what it answers.
class WatchedSearch : public PrivateSearch {
  protected:
    http::Response search_watched(const char* pattern = "/instances") {
        index::Database database = test.stored.database;
        database.index = &index;
        Metrics metrics;
        archive::Archive archive(test.stored.blobs, database, {}, metrics);
        const Face face{archive,      test.face.profile,       test.face.lanes, test.options,
                        "/dicom-web", test.face.change_signal, test.face.memory};
        const auto routes = search_routes(face);
        http::Response response = RouteCaller::call(RouteCaller::find(routes, http::Method::get, pattern),
                                                    RouteCaller::request(kEven));
        if (response.status == 200) response.body = body_of(response);
        return response;
    }
    void replace(const std::string& study_id) {
        archive::StorePolicy policy;
        policy.duplicates = archive::Duplicates::replace;
        EXPECT_TRUE(test.stored.store({private_one(2, study_id)}, policy)[0].created);
    }

    archive::FaultyIndex index{*test.stored.database.index};
};

TEST_F(WatchedSearch, AnInstanceThatIsReplacedMeanwhileIsFound) {
    bool replaced = false;
    index.before_documents = [&] {
        if (!std::exchange(replaced, true)) replace("S2");
    };
    EXPECT_EQ(json_of(search_watched()).as_array().size(), 2U);
    EXPECT_TRUE(replaced);
}

TEST_F(WatchedSearch, WhatIsReplacedAgainAndAgainIsNotLeftOutWithoutAWord) {
    int replaced = 0;
    index.before_documents = [&] { replace("R" + std::to_string(++replaced)); };
    for (const char* pattern : {"/instances", "/studies"}) {
        const http::Response refused = search_watched(pattern);
        EXPECT_EQ(refused.status, 503U) << pattern;
        EXPECT_TRUE(refused.headers.has("Retry-After")) << pattern;
    }
    EXPECT_GE(replaced, 6);
}

TEST_F(WatchedSearch, MemoryIsWaitedForWhenTheIndexIsFree) {
    test.face.memory = std::make_shared<MemoryBudget>(6U << 20U);
    MemoryBudget::Lease others(*test.face.memory);
    ASSERT_TRUE(others.resize(6U << 20U).ok());
    index.after_search = [&] { EXPECT_TRUE(others.resize(0).ok()); };
    const http::Response found = search_watched();
    ASSERT_EQ(found.status, 200U) << "the others ended after the search";
    EXPECT_EQ(json_of(found).as_array().size(), 2U);
}

}  // namespace
}  // namespace isocenter::api
