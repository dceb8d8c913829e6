#include "http/host_field.h"

#include <gtest/gtest.h>

namespace isocenter::http {
namespace {

TEST(HostField, TakesNamesAddressesAndPorts) {
    for (const char* value :
         {"", "pacs", "pacs.example:8080", "pacs:", "10.0.0.1:80", "a_b.c~d", "a%2Fb", "o'neill", "[::1]",
          "[::1]:8080", "[2001:DB8::7]", "[::ffff:10.0.0.1]", "[v1F.a:b]"})
        EXPECT_TRUE(is_valid_host(value)) << value;
}

TEST(HostField, RefusesWhatIsNoHost) {
    for (const char* value : {"evil\"<x>", "a b",   "a/b",   "user@host", "a,b\\c",
                              "a?b",       "a#b",   "a:80x", "a:-1",      "a:1:2",
                              "::1",       "a%2",   "a%zz",  "[::1",      "[::1]8080",
                              "[::1]x",    "[]",    "[1:2]", "[::g]",     "[fe80::1%25eth0]",
                              "[v.a]",     "[v1.]", "[v1]",  "a[b]",      "\xc3\xa4"})
        EXPECT_FALSE(is_valid_host(value)) << value;
}

}  // namespace
}  // namespace isocenter::http
