#include "app/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace isocenter::app {
namespace {

TEST(Descriptors, TheDefaultsFitTheUsualHardLimits) {
    for (const std::uint64_t limit :
         {std::uint64_t{524'288}, std::uint64_t{1'048'576}, std::uint64_t{RLIM_INFINITY}}) {
        const DescriptorShares shares = share_descriptors(limit, Settings());
        EXPECT_EQ(shares.open_files, 1024U);
        EXPECT_EQ(shares.connections, Settings().max_connections);
    }
}

TEST(Descriptors, WhatDoesNotFitIsLessOfBoth) {
    Settings settings;
    for (const std::uint64_t limit : {1024U, 2048U, 4096U}) {
        const DescriptorShares shares = share_descriptors(limit, settings);
        EXPECT_LE(shares.open_files, limit / 4);
        EXPECT_LT(shares.connections, settings.max_connections);
        EXPECT_GT(shares.connections, 100U);
        EXPECT_LT(shares.open_files + 2 * shares.connections, limit);
    }
    settings.max_connections = 10;
    EXPECT_EQ(share_descriptors(1024, settings).connections, 10U);
    EXPECT_EQ(share_descriptors(64, settings).connections, 1U);
}

TEST(Descriptors, TheSoftLimitIsRaisedToTheHardOne) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_GT(before.rlim_max, 256U);
    const rlimit low{256, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    EXPECT_EQ(descriptor_limit(), 256U);
    testing::internal::CaptureStderr();
    raise_descriptor_limit();
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(descriptor_limit(), std::uint64_t{before.rlim_max});
    EXPECT_NE(log.find("\"descriptor_limit_raised\",\"soft\":256,\"hard\":"), std::string::npos) << log;
    ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace isocenter::app
