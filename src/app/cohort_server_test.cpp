#include "app/cohort_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <thread>

#include "archive/test_archive.h"
#include "net/test_request.h"

namespace isocenter::app {
namespace {

/// A FHIR server with one patient, p1, who has whatever is asked for; it answers one request after another.
class OnePatient {
  public:
    OnePatient() {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        ::listen(listener_, 8);
        socklen_t length = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
        base = fmt::format("http://127.0.0.1:{}/fhir", ntohs(address.sin_port));
        thread_ = std::thread([this] { serve(); });
    }
    ~OnePatient() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    OnePatient(const OnePatient&) = delete;
    OnePatient& operator=(const OnePatient&) = delete;

    std::string base;
    std::function<void()> before_conditions;  ///< called once, before a search of Conditions is answered
    int groups = 0;                           ///< written
    int patients = 0;                         ///< searches of Patients

  private:
    void serve() {
        while (true) {
            const int connection = ::accept(listener_, nullptr, nullptr);
            if (connection < 0) return;
            const std::string request = net::read_request(connection);
            const std::string body = answer_to(request);
            const std::string text = fmt::format(
                "HTTP/1.1 {}\r\nContent-Type: application/fhir+json\r\nContent-Length: {}\r\n"
                "Connection: close\r\n\r\n{}",
                body.starts_with(R"({"resourceType":"OperationOutcome")") ? "400 Bad Request" : "200 OK",
                body.size(), body);
            static_cast<void>(::send(connection, text.data(), text.size(), MSG_NOSIGNAL));
            ::close(connection);
        }
    }
    std::string answer_to(const std::string& request) {
        const auto has = [&](const char* part) { return request.find(part) != std::string::npos; };
        if (has("colour="))
            return R"({"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid"}]})";
        if (has("_summary=count")) return R"({"resourceType":"Bundle","type":"searchset","total":1})";
        if (has("/Patient/_search")) {
            ++patients;
            return bundle(R"({"resourceType":"Patient","id":"p1"})");
        }
        if (has("/Condition/_search")) {
            if (auto call = std::exchange(before_conditions, {})) call();
            return bundle(R"({"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/p1"}})");
        }
        if (has("/Group/_search")) return R"({"resourceType":"Bundle","type":"searchset"})";
        if (has("\"transaction\"")) {
            ++groups;
            return R"({"resourceType":"Bundle","type":"transaction-response","entry":[
                       {"response":{"status":"201 Created","location":"Group/g1/_history/1"}}]})";
        }
        return R"({"resourceType":"OperationOutcome"})";
    }
    static std::string bundle(const std::string& resource) {
        return R"({"resourceType":"Bundle","type":"searchset","entry":[{"resource":)" + resource + "}]}";
    }

    int listener_ = -1;
    std::thread thread_;
};

class CohortsOfServer : public testing::Test {
  protected:
    CohortsOfServer() {
        std::filesystem::create_directories(folder);
        Settings settings;
        settings.fhir_endpoint = fhir.base;
        server = std::move(*CohortServer::open(settings, *stored.archive, folder.string()));
    }
    ~CohortsOfServer() override {
        server.reset();
        std::filesystem::remove_all(folder);
    }
    api::Cohorts& cohorts() { return server->cohorts(); }
    static std::string definition(const std::string& search) {
        return R"({"name":"a","clinical":[{"as":"x","search":")" + search + R"("}]})";
    }
    unsigned frozen_status() {
        api::CohortPage page;
        page.frozen = true;
        const auto read = cohorts().get("a", page);
        return read ? 200 : read.error().status;
    }

    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("cohort_server_" + std::to_string(::getpid()));
    archive::TestArchive stored;
    OnePatient fhir;
    std::unique_ptr<CohortServer> server;
};

TEST_F(CohortsOfServer, freezing_writes_the_list_and_the_group) {
    ASSERT_TRUE(cohorts().post(definition("Condition?code=x"), {}));
    const auto frozen = cohorts().freeze("a", {});
    ASSERT_TRUE(frozen) << frozen.error().message;
    EXPECT_NE(frozen->find("Group/g1"), std::string::npos) << *frozen;
    EXPECT_EQ(frozen_status(), 200U);
    EXPECT_EQ(fhir.groups, 1);
}

TEST_F(CohortsOfServer, a_cohort_that_is_deleted_while_it_is_frozen_stays_deleted) {
    ASSERT_TRUE(cohorts().post(definition("Condition?code=x"), {}));
    fhir.before_conditions = [&] { EXPECT_TRUE(cohorts().remove("a", {})) << "it waits for no question"; };
    const auto frozen = cohorts().freeze("a", {});
    ASSERT_FALSE(frozen);
    EXPECT_EQ(frozen.error().status, 404U);
    EXPECT_EQ(fhir.groups, 0) << "nobody would ever delete it";
}

TEST_F(CohortsOfServer, what_one_definition_found_is_not_frozen_as_what_another_found) {
    ASSERT_TRUE(cohorts().post(definition("Condition?code=x"), {}));
    std::thread other;
    fhir.before_conditions = [&] {
        // Answered after this, but saved before.
        other = std::thread([&] { cohorts().post(definition("Condition?code=y"), {}); });
        while (cohorts().list()->find("code=y") == std::string::npos)
            std::this_thread::yield();
    };
    const auto frozen = cohorts().freeze("a", {});
    other.join();
    ASSERT_FALSE(frozen);
    EXPECT_EQ(frozen.error().status, 409U);
    EXPECT_EQ(fhir.groups, 0);
    EXPECT_EQ(frozen_status(), 404U);
}

TEST_F(CohortsOfServer, a_definition_that_cannot_be_answered_ends_nothing_frozen) {
    ASSERT_TRUE(cohorts().post(definition("Condition?code=x"), {}));
    ASSERT_TRUE(cohorts().freeze("a", {}));
    const std::string returns = R"({"name":"a","return":[{"as":"r","search":"Observation?colour=x"}]})";
    for (const std::string& refused : {definition("Condition?colour=x"), returns}) {
        EXPECT_EQ(cohorts().post(refused, {}).error().status, 424U);
        EXPECT_EQ(frozen_status(), 200U) << refused;
        EXPECT_NE(cohorts().list()->find("code=x"), std::string::npos);
    }
    ASSERT_TRUE(cohorts().post(definition("Condition?code=y"), {}));
    EXPECT_EQ(frozen_status(), 404U);
    EXPECT_NE(cohorts().list()->find("code=y"), std::string::npos);
}

TEST_F(CohortsOfServer, a_question_ends_when_nobody_waits_for_its_answer) {
    std::stop_source leaving;
    fhir.before_conditions = [&] { leaving.request_stop(); };
    api::CohortPage page;
    page.abandoned = leaving.get_token();
    EXPECT_FALSE(cohorts().post(definition("Condition?code=x"), page));
    EXPECT_EQ(fhir.patients, 0);
    EXPECT_TRUE(cohorts().get("a", {}));
    EXPECT_GT(fhir.patients, 0);
}

TEST_F(CohortsOfServer, a_definition_is_saved_though_it_cannot_be_answered_now) {
    EXPECT_FALSE(cohorts().post(definition("Condition?colour=x"), {}));
    EXPECT_NE(cohorts().list()->find("colour=x"), std::string::npos);
}

}  // namespace
}  // namespace isocenter::app
