#include "base/metrics.h"

#include <gtest/gtest.h>

namespace isocenter {
namespace {

TEST(Metrics, writes_the_exposition_format) {
    Metrics metrics;
    metrics.counter("isocenter_test_total", "How often the test ran.").Add({{"kind", "unit"}}).Increment(2);
    const std::string text = metrics.to_text();
    EXPECT_NE(text.find("# TYPE isocenter_test_total counter"), std::string::npos) << text;
    EXPECT_NE(text.find("isocenter_test_total{kind=\"unit\"} 2"), std::string::npos) << text;
}

}  // namespace
}  // namespace isocenter
