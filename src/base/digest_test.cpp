#include "base/digest.h"

#include <gtest/gtest.h>

namespace isocenter {
namespace {

TEST(Digest, agrees_with_the_standards_example) {
    EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, does_not_depend_on_how_bytes_are_cut) {
    Sha256Stream stream;
    stream.write(as_bytes("a"));
    stream.write(as_bytes(""));
    stream.write(as_bytes("bc"));
    EXPECT_EQ(stream.finish(), sha256(as_bytes("abc")));
}

TEST(Digest, random_names_differ) {
    EXPECT_EQ(random_hex(16).size(), 32U);
    EXPECT_NE(random_hex(16), random_hex(16));
}

}  // namespace
}  // namespace isocenter
