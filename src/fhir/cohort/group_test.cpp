#include "fhir/cohort/group.h"

#include <gtest/gtest.h>

#include <regex>

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

const std::string kUuid = "0e9c1bd4-1a2b-4c3d-8e4f-5a6b7c8d9e0f";
const std::string kSearch = "identifier=urn%3Aietf%3Arfc%3A3986%7Curn%3Auuid%3A" + kUuid;

/// A FHIR server that holds Groups and takes transactions.
class Server : public net::HttpSender {
  public:
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        if (status != 200) return net::HttpReply{status, "", {}, ""};
        if (request.url.ends_with("/_search")) {
            searches.push_back(request.url + '?' + request.body);
            json::array entries;
            for (const json::object& group : groups)
                entries.push_back(json::object{{"resource", group}});
            return reply({{"resourceType", "Bundle"}, {"entry", std::move(entries)}});
        }
        written = json::parse(request.body).at("entry").as_array();
        json::array entries;
        for (std::size_t at = 0; at < written.size(); ++at)
            entries.push_back(json::object{{"response", {{"status", "201"}, {"location", location}}}});
        return reply({{"resourceType", "Bundle"}, {"entry", std::move(entries)}});
    }
    void add(const std::string& id) {
        groups.push_back({{"resourceType", "Group"},
                          {"id", id},
                          {"meta", {{"versionId", "3"}}},
                          {"code", {{"text", "of others"}}},
                          {"member", json::array{json::object{{"entity", {{"reference", "Patient/old"}}}}}}});
    }
    std::vector<json::object> groups;
    std::vector<std::string> searches;
    json::array written;
    unsigned status = 200;
    std::string location = "http://fhir/Group/17/_history/1";

  private:
    static net::HttpReply reply(const json::object& body) { return {200, "", {}, json::serialize(body)}; }
};

class Groups : public testing::Test {
  protected:
    Groups() {
        selection.members.resize(3);
        selection.members[0].id = "p1";
        selection.members[1].id = "p2";
        selection.members[1].problem = "two patients have its identity";
        selection.members[2].id = "p3";
    }
    json::object written() const { return server.written.at(0).at("resource").as_object(); }
    Server server;
    FhirClient fhir{server, {.base = "http://fhir"}};
    Selection selection;
};

TEST_F(Groups, a_new_one_is_created_unless_it_is_there) {
    EXPECT_EQ(*write_group(fhir, kUuid, "a", selection), "Group/17");
    EXPECT_EQ(server.searches, std::vector<std::string>{"http://fhir/Group/_search?" + kSearch});
    EXPECT_EQ(server.written.at(0).at("request"),
              (json::value{{"method", "POST"}, {"url", "Group"}, {"ifNoneExist", kSearch}}));
    EXPECT_EQ(written(), json::parse(R"({"resourceType":"Group","active":true,"type":"person","actual":true,
        "identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:)" +
                                     kUuid + R"("}],"name":"a","quantity":2,
        "member":[{"entity":{"reference":"Patient/p1"}},{"entity":{"reference":"Patient/p3"}}]})"));
}

TEST_F(Groups, one_that_is_there_gets_other_members_and_keeps_what_others_added) {
    server.add("9");
    EXPECT_EQ(*write_group(fhir, kUuid, "a", selection), "Group/9");
    EXPECT_EQ(server.written.at(0).at("request"),
              (json::value{{"method", "PUT"}, {"url", "Group/9"}, {"ifMatch", "W/\"3\""}}));
    EXPECT_EQ(server.written.at(0).at("fullUrl"), json::value("http://fhir/Group/9"));
    EXPECT_EQ(written().at("id"), json::value("9"));
    EXPECT_EQ(written().at("code").at("text"), json::value("of others"));
    EXPECT_EQ(written().at("member").as_array().size(), 2U);
    selection.members.clear();
    ASSERT_TRUE(write_group(fhir, kUuid, "a", selection));
    EXPECT_FALSE(written().contains("member")) << "FHIR has no empty arrays";
    EXPECT_EQ(written().at("quantity"), json::value(0));
}

TEST_F(Groups, servers_need_not_tell_versions) {
    server.add("9");
    server.groups[0].erase("meta");
    EXPECT_EQ(*write_group(fhir, kUuid, "a", selection), "Group/9");
    EXPECT_EQ(server.written.at(0).at("request"), (json::value{{"method", "PUT"}, {"url", "Group/9"}}));
    ASSERT_TRUE(remove_group(fhir, kUuid));
    EXPECT_EQ(server.written.at(0).at("request"), (json::value{{"method", "DELETE"}, {"url", "Group/9"}}));
}

TEST_F(Groups, what_cannot_be_written_is_told) {
    server.location.clear();
    EXPECT_EQ(write_group(fhir, kUuid, "a", selection).error().kind, FailureKind::refused);
    server.add("9");
    server.add("10");
    EXPECT_EQ(write_group(fhir, kUuid, "a", selection).error().text,
              "two Groups have the identifier of the cohort");
    server.status = 403;
    EXPECT_EQ(write_group(fhir, kUuid, "a", selection).error().status, 403U);
}

TEST_F(Groups, are_removed_where_they_are) {
    ASSERT_TRUE(remove_group(fhir, kUuid));
    EXPECT_TRUE(server.written.empty());
    server.add("9");
    ASSERT_TRUE(remove_group(fhir, kUuid));
    EXPECT_EQ(server.written.at(0).at("request"),
              (json::value{{"method", "DELETE"}, {"url", "Group/9"}, {"ifMatch", "W/\"3\""}}));
    server.status = 503;
    EXPECT_EQ(remove_group(fhir, kUuid).error().status, 503U);
}

TEST(RandomUuid, has_the_form_of_version_4) {
    const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    const std::string uuid = random_uuid();
    EXPECT_TRUE(std::regex_match(uuid, form)) << uuid;
    EXPECT_NE(random_uuid(), uuid);
}

}  // namespace
}  // namespace isocenter::fhir::cohort
