#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "api/route_caller.h"
#include "archive/faulty_index.h"

namespace isocenter::api {
namespace {

constexpr const char* kStudy = "/studies/{study}/metadata";
constexpr const char* kInstance = "/studies/{study}/series/{series}/instances/{instance}/metadata";

http::Response get(RouteCaller& test, const char* pattern,
                   const std::vector<std::pair<std::string, std::string>>& path,
                   const std::string& accept = "application/dicom+json") {
    const auto routes = retrieve_metadata_routes(test.face);
    http::Request request = RouteCaller::request();
    request.headers.set("Accept", accept);
    return RouteCaller::call(RouteCaller::find(routes, http::Method::get, pattern), request, params_of(path));
}

http::Response get_instance(RouteCaller& test, const std::string& instance) {
    return get(test, kInstance, {{"study", "1.1"}, {"series", "1.1.1"}, {"instance", instance}});
}

std::string object(const std::string& instance) {
    return archive::to_part10(archive::make_data_set("1.1", "1.1.1", instance));
}

TEST(RetrieveMetadata, OneThatCannotBeReadIsLeftOutAndTold) {
    RouteCaller test(standard_profile());
    test.stored.store({object("1.1.1.1"), object("1.1.1.2"), object("1.1.1.3")});
    const std::string whole(get(test, kStudy, {{"study", "1.1"}}).headers.get("ETag"));
    damage_document(test.stored, "1.1.1.2");
    EXPECT_EQ(get_instance(test, "1.1.1.1").status, 200U);
    EXPECT_EQ(get_instance(test, "1.1.1.2").status, 500U);
    for (const char* accept :
         {"application/dicom+json", "multipart/related; type=\"application/dicom+xml\""}) {
        const http::Response study = get(test, kStudy, {{"study", "1.1"}}, accept);
        EXPECT_EQ(study.status, 206U);
        EXPECT_EQ(study.headers.get("Warning"), "299 isocenter: 1 of 3 instances were left out");
        EXPECT_NE(study.headers.get("ETag"), whole) << "the rest may come back";
    }
    EXPECT_EQ(json_of(get(test, kStudy, {{"study", "1.1"}})).as_array().size(), 2U);
}

TEST(RetrieveMetadata, WithoutAnyThatCanBeReadThereIsAnError) {
    RouteCaller test(standard_profile());
    test.stored.store({object("1.1.1.1"), object("1.1.1.2")});
    damage_document(test.stored, "1.1.1.1");
    damage_document(test.stored, "1.1.1.2");
    EXPECT_EQ(get(test, kStudy, {{"study", "1.1"}}).status, 500U);
}

TEST(RetrieveMetadata, FacesWithoutPartialSetsAnswerWithAnError) {
    Profile refusing = standard_profile();
    refusing.partial_sets = false;
    for (const Profile* profile : {&v1_profile(), &v2_profile(), &std::as_const(refusing)}) {
        RouteCaller test(*profile);
        test.stored.store({object("1.1.1.1"), object("1.1.1.2"), object("1.1.1.3")});
        damage_document(test.stored, "1.1.1.2");
        EXPECT_EQ(get(test, kStudy, {{"study", "1.1"}}).status, 500U) << profile->name;
        EXPECT_EQ(get_instance(test, "1.1.1.3").status, 200U) << profile->name;
    }
}

TEST(RetrieveMetadata, TheEndOfALongAnswerIsLookedAtBeforeItsStatusIsSent) {
    constexpr int kInstances = 5;
    RouteCaller test(standard_profile());
    store_long_ones(test.stored, kInstances);
    damage_document(test.stored, "1.1.1.5");
    const http::Response study = get(test, kStudy, {{"study", "1.1"}});
    EXPECT_EQ(study.status, 206U);
    EXPECT_EQ(study.headers.get("Warning"), "299 isocenter: 1 of 5 instances were left out");
    damage_document(test.stored, "1.1.1.4");
    EXPECT_FALSE(read_all(*std::get<std::unique_ptr<ByteSource>>(study.body), 1U << 28U).ok())
        << "what is damaged since then cannot be told in the status";
}

TEST(RetrieveMetadata, WhatIsReplacedWhileTheAnswerIsReadIsInIt) {
    constexpr int kInstances = 5;
    for (const char* accept :
         {"application/dicom+json", "multipart/related; type=\"application/dicom+xml\""}) {
        RouteCaller test(standard_profile());
        store_long_ones(test.stored, kInstances);
        const http::Response study = get(test, kStudy, {{"study", "1.1"}}, accept);
        store_long_one(test.stored, 4, "S2");
        store_long_one(test.stored, 5, "S2");
        const std::string text = body_of(study);
        for (int i = 1; i <= kInstances; ++i)
            EXPECT_NE(text.find("1.1.1." + std::to_string(i)), std::string::npos) << i;
        EXPECT_NE(text.find("S2"), std::string::npos) << "what is there now";
    }
}

TEST(RetrieveMetadata, WhatIsRemovedWhileTheAnswerIsReadBreaksItOff) {
    for (const auto& removed : {archive::key_of("1.1", "1.1.1", "1.1.1.5"), archive::key_of("1.1")}) {
        RouteCaller test(standard_profile());
        store_long_ones(test.stored, 5);
        const http::Response study = get(test, kStudy, {{"study", "1.1"}});
        ASSERT_EQ(study.status, 200U);
        ASSERT_TRUE(test.stored.archive->remove(removed).ok());
        EXPECT_TRUE(breaks_off(study));
    }
}

std::function<void()> once(std::function<void()> happens) {
    return [happens = std::move(happens), happened = false]() mutable {
        if (!std::exchange(happened, true)) happens();
    };
}

using Moment = std::function<void()> archive::FaultyIndex::*;

/// Over an index in which something happens at a moment, each time that it comes.
http::Response get_while(RouteCaller& test, const std::function<void()>& happens,
                         Moment moment = &archive::FaultyIndex::before_documents) {
    archive::FaultyIndex index(*test.stored.database.index);
    index.*moment = happens;
    index::Database database = test.stored.database;
    database.index = &index;
    Metrics metrics;
    archive::Archive archive(test.stored.blobs, database, {}, metrics);
    const Face face{archive, test.face.profile, test.face.lanes, test.options, test.face.prefix};
    const auto routes = retrieve_metadata_routes(face);
    http::Response response = RouteCaller::call(RouteCaller::find(routes, http::Method::get, kStudy),
                                                RouteCaller::request(), params_of({{"study", "1.1"}}));
    if (response.status == 200) response.body = body_of(response);
    return response;
}

TEST(RetrieveMetadata, WhatChangesBeforeTheFirstByteIsAnsweredAsItIs) {
    RouteCaller test(v2_profile());
    test.stored.store({object("1.1.1.1"), object("1.1.1.2"), object("1.1.1.3")});
    const auto removal_of = [&](const index::EntityKey& key) {
        return once([&test, key] { EXPECT_TRUE(test.stored.archive->remove(key).ok()); });
    };
    const http::Response rest = get_while(test, removal_of(archive::key_of("1.1", "1.1.1", "1.1.1.2")));
    EXPECT_EQ(rest.status, 200U);
    EXPECT_EQ(json_of(rest).as_array().size(), 2U);
    EXPECT_EQ(get_while(test, removal_of(archive::key_of("1.1"))).status, 404U);
}

TEST(RetrieveMetadata, WhatIsReplacedBeforeTheFirstByteHasATagOfItsOwn) {
    for (const auto moment :
         {&archive::FaultyIndex::after_revision, &archive::FaultyIndex::before_documents}) {
        RouteCaller test(standard_profile());
        store_long_one(test.stored, 1);
        const std::string before(get(test, kStudy, {{"study", "1.1"}}).headers.get("ETag"));
        const auto replace = once([&] { store_long_one(test.stored, 1, "S2"); });
        const http::Response replaced = get_while(test, replace, moment);
        ASSERT_EQ(replaced.status, 200U);
        EXPECT_NE(replaced.headers.get("ETag"), before);
        EXPECT_EQ(replaced.headers.get("ETag"), get(test, kStudy, {{"study", "1.1"}}).headers.get("ETag"));
        EXPECT_NE(body_of(replaced).find("S2"), std::string::npos);
    }
}

TEST(RetrieveMetadata, WhatIsReplacedAgainAndAgainIsRefused) {
    for (const auto moment :
         {&archive::FaultyIndex::after_revision, &archive::FaultyIndex::before_documents}) {
        RouteCaller test(standard_profile());
        store_long_one(test.stored, 1);
        int replaced = 0;
        const auto replace = [&] { store_long_one(test.stored, 1, "R" + std::to_string(++replaced)); };
        EXPECT_EQ(get_while(test, replace, moment).status, 503U);
        EXPECT_LE(replaced, 20);
    }
}

TEST(RetrieveMetadata, ALongAnswerIsHeldAPieceAtATimeAndCharged) {
    constexpr int kInstances = 12;
    RouteCaller test(standard_profile());
    store_long_ones(test.stored, kInstances);
    const struct {
        const char* accept;
        std::uint64_t budget;
        const char* each;
    } forms[] = {{"application/dicom+json", 6U << 20U, "0040A160"},
                 {"multipart/related; type=\"application/dicom+xml\"", 24U << 20U, "</NativeDicomModel>"}};
    for (const auto& [accept, budget, each] : forms) {
        test.face.memory = std::make_shared<MemoryBudget>(budget);
        http::Response response = get(test, kStudy, {{"study", "1.1"}}, accept);
        ASSERT_EQ(response.status, 200U) << accept;
        const HeldBody body = read_held(response, *test.face.memory);
        EXPECT_GT(body.text.size(), kInstances * (1U << 20U)) << accept;
        int found = 0;
        for (std::size_t at = 0; (at = body.text.find(each, at)) != std::string::npos; ++at)
            ++found;
        EXPECT_EQ(found, kInstances) << accept;
        EXPECT_GE(body.most_held, 1U << 20U) << accept << ": what is in memory is charged";
        EXPECT_LT(body.most_held, body.text.size() / 2) << accept;
        response.body = {};
        EXPECT_EQ(test.face.memory->used_bytes(), 0U) << accept;
    }
}

TEST(RetrieveMetadata, OneThatMemoryCanNeverHoldSpoilsOnlyItsOwnAnswer) {
    RouteCaller test(standard_profile());
    dicom::DataSet long_one = archive::make_data_set("1.1", "1.1.1", "1.1.1.2");
    long_one.set({.tag = {0x0040, 0xA160}, .vr = dicom::Vr::UT, .bytes = std::string(1 << 20, 'x')});
    test.stored.store({object("1.1.1.1"), archive::to_part10(long_one), object("1.1.1.3")});
    test.face.memory = std::make_shared<MemoryBudget>(2U << 20U);
    EXPECT_EQ(get_instance(test, "1.1.1.2").status, 503U);
    const http::Response study = get(test, kStudy, {{"study", "1.1"}});
    EXPECT_EQ(study.status, 206U);
    EXPECT_EQ(study.headers.get("Warning"), "299 isocenter: 1 of 3 instances were left out");
    EXPECT_EQ(json_of(study).as_array().size(), 2U);
}

TEST(RetrieveMetadata, WithoutMemoryLongOnesAreRefusedAndShortOnesAnswered) {
    RouteCaller test(standard_profile());
    std::vector<std::string> objects;
    for (int i = 1; i <= 400; ++i)
        objects.push_back(object("1.1.1." + std::to_string(i)));
    test.stored.store(objects);
    dicom::DataSet data_set = archive::make_data_set("2.2", "2.2.1", "2.2.1.1");
    data_set.set({.tag = {0x0040, 0xA160}, .vr = dicom::Vr::UT, .bytes = std::string(1 << 20, 'x')});
    test.stored.store({archive::to_part10(data_set)});
    test.face.memory = std::make_shared<MemoryBudget>(0);
    EXPECT_EQ(get_instance(test, "1.1.1.7").status, 200U);
    const http::Response study = get(test, kStudy, {{"study", "1.1"}});
    ASSERT_EQ(study.status, 200U);
    EXPECT_EQ(json_of(study).as_array().size(), 400U) << "in small pieces";
    EXPECT_EQ(get(test, kStudy, {{"study", "2.2"}}).status, 503U);
}

}  // namespace
}  // namespace isocenter::api
