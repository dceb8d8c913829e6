#include "http/router.h"

#include <gtest/gtest.h>

namespace isocenter::http {
namespace {

Route route(Method method, std::string pattern) {
    Route out;
    out.method = method;
    out.pattern = std::move(pattern);
    return out;
}

std::vector<Mount> mounts() {
    Mount v2;
    v2.prefix = "/v2";
    v2.case_insensitive = true;
    v2.routes = {route(Method::get, "/studies"),
                 route(Method::post, "/studies"),
                 route(Method::post, "/studies/{study}"),
                 route(Method::post, "/studies/$bulkUpdate"),
                 route(Method::get, "/studies/{study}"),
                 route(Method::delete_, "/studies/{study}"),
                 route(Method::get, "/studies/{study}/series/{series}"),
                 route(Method::get, "/studies/{study}/bulk/{path...}"),
                 route(Method::get, "/studies/{study}/bulk/all")};
    Mount root;
    root.routes = {route(Method::get, "/health/check"), route(Method::get, "/"),
                   route(Method::get, "/{name}/api.yaml")};
    std::vector<Mount> out;
    out.push_back(std::move(root));
    out.push_back(std::move(v2));
    return out;
}

std::string found(const Router& router, Method method, std::string_view path) {
    const Match match = router.find(method, path);
    return match.route == nullptr ? "none " + match.allowed : std::string(match.pattern);
}

TEST(Router, FindsByMethodAndLongestPrefix) {
    const Router router(mounts());
    EXPECT_EQ(found(router, Method::get, "/v2/studies"), "/v2/studies");
    EXPECT_EQ(found(router, Method::get, "/v2/studies/"), "/v2/studies");
    EXPECT_EQ(found(router, Method::head, "/v2/studies/1.2"), "/v2/studies/{study}");
    EXPECT_EQ(found(router, Method::get, "/health/check"), "/health/check");
    EXPECT_EQ(found(router, Method::get, "/"), "/");
    EXPECT_EQ(found(router, Method::get, "/v2x/api.yaml"), "/{name}/api.yaml");
    EXPECT_EQ(found(router, Method::get, "/v2/api.yaml"), "none ");
    EXPECT_EQ(router.find(Method::get, "/v2/nothing").mount->prefix, "/v2");
}

TEST(Router, LiteralsBeatParameters) {
    const Router router(mounts());
    EXPECT_EQ(found(router, Method::post, "/v2/studies/$bulkUpdate"), "/v2/studies/$bulkUpdate");
    EXPECT_EQ(found(router, Method::post, "/V2/Studies/%24BULKUPDATE/"), "/v2/studies/$bulkUpdate");
    EXPECT_EQ(found(router, Method::post, "/v2/studies/1.2"), "/v2/studies/{study}");
}

TEST(Router, DecodesParameters) {
    const Router router(mounts());
    const Match match = router.find(Method::get, "/v2/STUDIES/1.2%20/series/a%2Fb%2C");
    ASSERT_NE(match.route, nullptr);
    EXPECT_EQ(match.params.get("study"), "1.2 ");
    EXPECT_EQ(match.params.get("series"), "a/b,");
    EXPECT_EQ(match.params.get("other"), "");
    EXPECT_TRUE(router.find(Method::get, "/v2/studies/%zz").bad_escape);
}

TEST(Router, ATailTakesAllThatIsLeft) {
    const Router router(mounts());
    const Match match = router.find(Method::get, "/v2/studies/1.2/bulk/a/b%2C/c/");
    EXPECT_EQ(match.pattern, "/v2/studies/{study}/bulk/{path...}");
    EXPECT_EQ(match.params.get("study"), "1.2");
    EXPECT_EQ(match.params.get("path"), "a/b,/c");
    EXPECT_EQ(router.find(Method::get, "/v2/studies/1/bulk/x").params.get("path"), "x");
    EXPECT_EQ(found(router, Method::get, "/v2/studies/1/bulk/all"), "/v2/studies/{study}/bulk/all");
    EXPECT_EQ(found(router, Method::get, "/v2/studies/1/bulk"), "none ");
    EXPECT_EQ(found(router, Method::post, "/v2/studies/1/bulk/x/y"), "none GET, HEAD");
    std::string deep = "/v2/studies/1/bulk";
    for (int i = 0; i < 129; ++i)
        deep += "/1";
    EXPECT_EQ(router.find(Method::get, deep).params.get("path").size(), 257U);
    for (int i = 0; i < 129; ++i)
        deep += "/1";
    EXPECT_EQ(found(router, Method::get, deep), "none ");
    EXPECT_EQ(path_template("/bulk/{path...}"), "/bulk/{path}");
    EXPECT_EQ(path_template("/bulk/{path}"), "/bulk/{path}");
}

TEST(Router, KnowsCaseOnlyWhereAsked) {
    const Router router(mounts());
    EXPECT_EQ(found(router, Method::get, "/Health/check"), "none ");
    EXPECT_EQ(found(router, Method::get, "/V2/sTUDIES"), "/v2/studies");
}

TEST(Router, TellsAllowedMethods) {
    const Router router(mounts());
    EXPECT_EQ(found(router, Method::put, "/v2/studies/1"), "none GET, HEAD, POST, DELETE");
    EXPECT_EQ(found(router, Method::other, "/v2/studies"), "none GET, HEAD, POST");
    EXPECT_EQ(found(router, Method::get, "/v2/studies//series/1"), "none ");
    EXPECT_EQ(found(router, Method::get, "/v2/studies//"), "none ");
    EXPECT_EQ(found(router, Method::get, "/v2" + std::string(1000, '/')), "none ");
}

TEST(Router, WithoutARootMountKnowsNothing) {
    std::vector<Mount> only = mounts();
    only.erase(only.begin());
    EXPECT_EQ(Router(std::move(only)).find(Method::get, "/x").mount, nullptr);
}

}  // namespace
}  // namespace isocenter::http
