#include <gtest/gtest.h>

#include "api/route_caller.h"

namespace isocenter::api {
namespace {

constexpr const char* kStudy = "/studies/{study}";
constexpr const char* kInstance = "/studies/{study}/series/{series}/instances/{instance}";
constexpr const char* kMultipart = "multipart/related; type=\"application/dicom\"; transfer-syntax=*";

http::Response get(RouteCaller& test, const std::string& accept) {
    const auto routes = retrieve_instances_routes(test.face);
    http::Request request = RouteCaller::request();
    request.headers.set("Accept", accept);
    return RouteCaller::call(RouteCaller::find(routes, http::Method::get, kStudy), request,
                             params_of({{"study", "1.1"}}));
}

std::string object(int number, const std::string& description = "first") {
    dicom::DataSet data_set = archive::make_data_set("1.1", "1.1.1", "1.1.1." + std::to_string(number));
    data_set.set_text(dicom::tags::StudyDescription, description);
    return archive::to_part10(data_set);
}

void store_many(RouteCaller& test, int count) {
    std::vector<std::string> objects;
    for (int i = 1; i <= count; ++i)
        objects.push_back(object(i));
    test.stored.store(objects);
}

std::size_t count_of(std::string_view what, std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; ++at)
        ++count;
    return count;
}

TEST(RetrieveInstances, AllOfManyComeInOneOrder) {
    constexpr int kInstances = 200;
    RouteCaller test(standard_profile());
    store_many(test, kInstances);
    const http::Response parts = get(test, kMultipart);
    ASSERT_EQ(parts.status, 200U);
    const std::string body = body_of(parts);
    EXPECT_EQ(parts.content_length, body.size());
    EXPECT_EQ(count_of("Content-Location: ", body), 200U);
    std::size_t at = 0;
    const auto records = test.stored.archive->list(archive::key_of("1.1"));
    ASSERT_TRUE(records.ok());
    for (const auto& record : *records) {
        at = body.find("instances/" + record.key.instance.str() + "\r\n", at);
        ASSERT_NE(at, std::string::npos) << record.key.instance.str();
    }
    const http::Response zip = get(test, "application/zip");
    ASSERT_EQ(zip.status, 200U);
    EXPECT_EQ(count_of("PK\x01\x02", body_of(zip)), 200U);
    EXPECT_NE(zip.headers.get("ETag"), parts.headers.get("ETag"));
}

TEST(RetrieveInstances, WhatIsHeldOfThoseThatWaitIsLittleAndCharged) {
    constexpr int kInstances = 2000;
    constexpr std::uint64_t kEach = 32;
    constexpr std::uint64_t kNamed = 128;
    RouteCaller test(standard_profile());
    store_many(test, kInstances);
    for (const auto& [accept, each] :
         {std::pair(kMultipart, kEach), std::pair("application/zip", kEach + kNamed)}) {
        test.face.memory = std::make_shared<MemoryBudget>(kInstances * (each + 16));
        {
            const http::Response first = get(test, accept);
            ASSERT_EQ(first.status, 200U) << accept;
            EXPECT_GE(test.face.memory->used_bytes(), kInstances * 8U) << accept;
            EXPECT_LE(test.face.memory->used_bytes(), kInstances * each) << accept;
            MemoryBudget::Lease others(*test.face.memory);
            ASSERT_TRUE(others.resize(kInstances * (each + 16) - test.face.memory->used_bytes()).ok());
            const http::Response second = get(test, accept);
            EXPECT_EQ(second.status, 503U) << accept;
            EXPECT_TRUE(second.headers.has("Retry-After")) << accept;
        }
        EXPECT_EQ(test.face.memory->used_bytes(), 0U) << accept;
    }
}

TEST(RetrieveInstances, WhatGoesBeforeItsTurnBreaksTheAnswerOff) {
    constexpr int kInstances = 100;
    for (const char* accept : {kMultipart, "application/zip",
                               "multipart/related; type=\"application/dicom\"; "
                               "transfer-syntax=1.2.840.10008.1.2.1"}) {
        for (const bool replaced : {false, true}) {
            RouteCaller test(standard_profile());
            store_many(test, kInstances);
            const http::Response answer = get(test, accept);
            ASSERT_EQ(answer.status, 200U) << accept;
            if (replaced) {
                archive::StorePolicy policy;
                policy.duplicates = archive::Duplicates::replace;
                ASSERT_TRUE(test.stored.store({object(99, "a longer one")}, policy)[0].created);
            } else {
                ASSERT_TRUE(test.stored.archive->remove(archive::key_of("1.1", "1.1.1", "1.1.1.99")).ok());
            }
            EXPECT_TRUE(breaks_off(answer)) << accept << replaced;
        }
    }
}

TEST(RetrieveInstances, AStoredLabelThatIsNoUidGetsIntoNoHeader) {
    RouteCaller test(standard_profile());
    store_many(test, 1);
    {
        const auto writer = test.stored.database.connections->writer();
        ASSERT_TRUE(
            (*writer)
                ->execute("UPDATE instance SET transfer_syntax = '1.2\"' || char(13, 10) || 'X-Evil: 1'")
                .ok());
    }
    const auto routes = retrieve_instances_routes(test.face);
    const http::Route& route = RouteCaller::find(routes, http::Method::get, kInstance);
    const auto path = params_of({{"study", "1.1"}, {"series", "1.1.1"}, {"instance", "1.1.1.1"}});
    http::Request request = RouteCaller::request();
    for (const char* accept : {kMultipart, "application/dicom; transfer-syntax=*"}) {
        request.headers.set("Accept", accept);
        const http::Response answer = RouteCaller::call(route, request, path);
        EXPECT_EQ(answer.status, 200U) << accept;
        EXPECT_EQ(answer.headers.get("Content-Type").find("Evil"), std::string::npos) << accept;
        EXPECT_EQ(answer.headers.get("ETag").find("Evil"), std::string::npos) << accept;
        EXPECT_EQ(body_of(answer).find("X-Evil"), std::string::npos) << accept;
    }
}

TEST(RetrieveInstances, AnInstanceTravelsAsBefore) {
    RouteCaller test(standard_profile());
    store_many(test, 2);
    const auto routes = retrieve_instances_routes(test.face);
    const http::Route& route = RouteCaller::find(routes, http::Method::get, kInstance);
    const auto path = params_of({{"study", "1.1"}, {"series", "1.1.1"}, {"instance", "1.1.1.2"}});
    http::Request request = RouteCaller::request();
    request.headers.set("Accept", "application/dicom; transfer-syntax=*");
    EXPECT_EQ(body_of(RouteCaller::call(route, request, path)), object(2));
    for (const char* accept : {kMultipart, "application/zip"}) {
        request.headers.set("Accept", accept);
        const http::Response answer = RouteCaller::call(route, request, path);
        EXPECT_EQ(answer.status, 200U) << accept;
        EXPECT_NE(body_of(answer).find(object(2)), std::string::npos) << accept;
    }
}

}  // namespace
}  // namespace isocenter::api
