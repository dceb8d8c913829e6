#include "api/errors.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace isocenter::api {
namespace {

std::string body_of(const http::Response& response) {
    const auto* text = std::get_if<std::string>(&response.body);
    return text == nullptr ? std::string() : *text;
}

TEST(ErrorResponse, StandardFaceAnswersProblemJson) {
    http::Request request;
    request.request_id = "r1";
    ErrorDetails details;
    details.available = {"application/dicom+json"};
    const auto response = error_response(standard_profile(), request,
                                         fail(ErrorCode::not_acceptable, "nothing \"fits\""), details);
    EXPECT_EQ(response.status, 406U);
    EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(body_of(response),
              "{\"type\":\"about:blank\",\"title\":\"Not Acceptable\",\"status\":406,"
              "\"detail\":\"nothing \\\"fits\\\"\",\"requestId\":\"r1\","
              "\"available\":[\"application/dicom+json\"]}");
}

TEST(ErrorResponse, TextFaceEscapesMarkupAndNamesWhatIsAvailable) {
    ErrorDetails details;
    details.available = {"a/b; type=\"c/d\""};
    const auto response =
        error_response(v2_profile(), {}, fail(ErrorCode::not_acceptable, "<script>"), details);
    EXPECT_EQ(response.headers.get("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(body_of(response), "&lt;script&gt; Available: a/b; type=\"c/d\"");
}

TEST(ErrorResponse, InternalReasonsStayInside) {
    const auto response = error_response(v2_profile(), {}, fail(ErrorCode::corrupt, "row 17 is broken"));
    EXPECT_EQ(response.status, 500U);
    EXPECT_EQ(body_of(response).find("row 17"), std::string::npos);
}

TEST(ErrorResponse, TheLogHasWhyTheServerFailed) {
    http::Request request;
    request.request_id = "r1";
    testing::internal::CaptureStderr();
    error_response(v2_profile(), request, fail(ErrorCode::corrupt, "the object is missing", "ab/12"));
    error_response(v2_profile(), request, fail(ErrorCode::not_found, "nothing there"));
    error_response(v2_profile(), request, fail(ErrorCode::corrupt, "known"), 500, {});
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(
        log.find("\"event\":\"request_failed\",\"request_id\":\"r1\",\"status\":500,\"code\":\"corrupt\","
                 "\"message\":\"the object is missing\",\"detail\":\"ab/12\"}"),
        std::string::npos)
        << log;
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
}

TEST(ErrorResponse, GoneIsNotFoundOnTheTextFaces) {
    EXPECT_EQ(status_of(standard_profile(), ErrorCode::gone), 410U);
    EXPECT_EQ(status_of(v1_profile(), ErrorCode::gone), 404U);
}

TEST(ErrorResponse, BodilessOnlyOnTheTextFaces) {
    ErrorDetails details;
    details.bodiless = true;
    const Error error = fail(ErrorCode::unsupported_media, "no");
    EXPECT_EQ(body_of(error_response(v1_profile(), {}, error, details)), "");
    EXPECT_FALSE(error_response(v1_profile(), {}, error, details).headers.has("Content-Type"));
    EXPECT_NE(body_of(error_response(standard_profile(), {}, error, details)), "");
}

TEST(ErrorResponse, OverloadAsksToComeBack) {
    EXPECT_TRUE(
        error_response(v1_profile(), {}, fail(ErrorCode::overloaded, "full")).headers.has("Retry-After"));
}

TEST(ErrorResponse, AFaceThatDoesNotTellDeletionsHasNoOtherWords) {
    Profile untold = standard_profile();
    untold.gone_for_deleted = false;
    const auto response = error_response(untold, {}, fail(ErrorCode::gone, "it was deleted"));
    EXPECT_EQ(response.status, 404U);
    EXPECT_EQ(body_of(response).find("deleted"), std::string::npos);
    EXPECT_NE(body_of(error_response(standard_profile(), {}, fail(ErrorCode::gone, "it was deleted")))
                  .find("deleted"),
              std::string::npos);
}

}  // namespace
}  // namespace isocenter::api
