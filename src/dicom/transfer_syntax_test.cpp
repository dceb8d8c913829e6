#include "dicom/transfer_syntax.h"

#include <gtest/gtest.h>

namespace isocenter::dicom {
namespace {

TEST(TransferSyntax, Uncompressed) {
    const TransferSyntax implicit = transfer_syntax(kImplicitVrLittleEndian);
    EXPECT_FALSE(implicit.explicit_vr);
    EXPECT_TRUE(implicit.little_endian);
    EXPECT_FALSE(implicit.encapsulated);
    const TransferSyntax big = transfer_syntax(kExplicitVrBigEndian);
    EXPECT_TRUE(big.explicit_vr);
    EXPECT_FALSE(big.little_endian);
    EXPECT_TRUE(transfer_syntax(kDeflatedExplicitVrLittleEndian).deflated);
    EXPECT_FALSE(transfer_syntax(kExplicitVrLittleEndian).encapsulated);
    EXPECT_EQ(transfer_syntax(kExplicitVrLittleEndian).media_type, "application/octet-stream");
}

TEST(TransferSyntax, CompressedKinds) {
    const TransferSyntax baseline = transfer_syntax("1.2.840.10008.1.2.4.50");
    EXPECT_TRUE(baseline.encapsulated);
    EXPECT_TRUE(baseline.lossy);
    EXPECT_FALSE(baseline.video);
    EXPECT_EQ(baseline.media_type, "image/jpeg");
    const TransferSyntax lossless = transfer_syntax("1.2.840.10008.1.2.4.90");
    EXPECT_TRUE(lossless.encapsulated);
    EXPECT_FALSE(lossless.lossy);
    EXPECT_TRUE(transfer_syntax("1.2.840.10008.1.2.4.108").video);
    EXPECT_EQ(transfer_syntax("1.2.840.10008.1.2.4.201").media_type, "image/jphc");
    EXPECT_TRUE(transfer_syntax("1.2.840.10008.1.2.1.98").encapsulated);
}

TEST(TransferSyntax, PaddingIsIgnored) {
    EXPECT_EQ(transfer_syntax(std::string_view("1.2.840.10008.1.2\0", 18)).uid, kImplicitVrLittleEndian);
    EXPECT_TRUE(is_known_transfer_syntax("1.2.840.10008.1.2.5 "));
}

TEST(TransferSyntax, UnknownIsExplicitLittleEndianEncapsulated) {
    const TransferSyntax unknown = transfer_syntax("1.2.3.4");
    EXPECT_TRUE(unknown.uid.empty());
    EXPECT_TRUE(unknown.explicit_vr);
    EXPECT_TRUE(unknown.little_endian);
    EXPECT_TRUE(unknown.encapsulated);
    EXPECT_FALSE(is_known_transfer_syntax("1.2.3.4"));
    EXPECT_FALSE(is_known_transfer_syntax(""));
}

}  // namespace
}  // namespace isocenter::dicom
