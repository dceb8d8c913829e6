#include <gtest/gtest.h>

#include <array>
#include <string>

#include "archive/test_archive.h"
#include "dicom/part10_reader.h"

namespace isocenter::archive {
namespace {

/// `object` with another Transfer Syntax UID; without any when that is empty.
std::string relabelled(const std::string& object, std::string uid) {
    if (uid.size() % 2 != 0) uid += '\0';
    std::string meta;
    if (!uid.empty()) {
        meta = std::string("\x02\0\x10\0UI", 6);
        meta += static_cast<char>(uid.size() & 0xFFU);
        meta += static_cast<char>(uid.size() >> 8U);
        meta += uid;
    }
    const auto read = dicom::read_part10(as_bytes(object));
    return std::string(128, '\0') + "DICM" + meta + object.substr(read->layout.data_set_offset);
}

TEST(StoreBatch, ATransferSyntaxThatIsNoUidIsRefused) {
    const std::string good = to_part10(make_data_set("1.2", "1.3", "1.4"));
    const std::array wrong{std::string("1.2\r\nX-Evil: 1"), std::string("1.2\r\n\r\nGARBAGE"),
                           std::string("1.2\""), std::string("1.2.840.10008.1.2.1\\1.2"),
                           std::string(60'000, '1')};
    constexpr std::array kAll{Validation::strict_indexed, Validation::lenient, Validation::standard,
                              Validation::standard_checked};
    for (const Validation validation : kAll) {
        TestArchive test;
        StorePolicy policy;
        policy.validation = validation;
        for (const std::string& uid : wrong) {
            const auto outcomes = test.store({relabelled(good, uid)}, policy);
            EXPECT_EQ(outcomes[0].failure, StoreFailure::unsupported_syntax) << uid.substr(0, 30);
            EXPECT_EQ(outcomes[0].sop_instance_uid, "1.4");
            ASSERT_EQ(outcomes[0].violations.size(), 1U);
            EXPECT_EQ(outcomes[0].violations[0].tag, dicom::tags::TransferSyntaxUID);
        }
        EXPECT_EQ(blobs_kept(test), 0U);
        EXPECT_TRUE(
            test.store({relabelled(good, std::string("1.2.840.10008.1.2.1 \0", 21))}, policy)[0].created);
    }
}

TEST(StoreBatch, AFileWithoutTransferSyntaxIsWhatItsDataSetShows) {
    TestArchive test;
    dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4");
    set_pixels(data_set, 1, 1, 1, "ab");
    const auto outcomes = test.store({relabelled(to_part10(data_set), {})});
    ASSERT_TRUE(outcomes[0].created) << outcomes[0].message;
    const auto location = test.archive->locate(key_of("1.2", "1.3", "1.4"));
    EXPECT_EQ((*location)->record.transfer_syntax, dicom::kExplicitVrLittleEndian);
    EXPECT_TRUE((*location)->layout.mislabelled) << "so that it leaves with a label";
}

TEST(StoreBatch, FragmentsWithoutTransferSyntaxAreRefused) {
    TestArchive test;
    const std::string fragments(
        "\xE0\x7F\x10\0OB\0\0\xFF\xFF\xFF\xFF"
        "\xFE\xFF\0\xE0\0\0\0\0\xFE\xFF\0\xE0\x04\0\0\0\xFF\xD8\xFF\xE0"
        "\xFE\xFF\xDD\xE0\0\0\0\0",
        40);
    const std::string object = to_part10(make_data_set("1.2", "1.3", "1.4")) + fragments;
    EXPECT_EQ(test.store({relabelled(object, {})})[0].failure, StoreFailure::unsupported_syntax);
    EXPECT_TRUE(test.store({relabelled(object, "1.2.840.10008.1.2.4.50")})[0].created);
}

}  // namespace
}  // namespace isocenter::archive
