#include "archive/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "archive/test_archive.h"
#include "index/attribute_values.h"

namespace isocenter::archive {
namespace {

namespace tags = dicom::tags;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

dicom::DataSet valid() {
    return make_data_set("1.2", "1.3", "1.4");
}

Verdict judge(const dicom::DataSet& data_set, Validation validation, const char* study = nullptr) {
    StorePolicy policy;
    policy.validation = validation;
    if (study != nullptr) policy.study = StudyUid(study);
    return validate(data_set, policy);
}

std::vector<dicom::Tag> failed_tags(const Verdict& verdict) {
    std::vector<dicom::Tag> found;
    for (const dicom::Violation& violation : verdict.violations)
        found.push_back(violation.tag);
    return found;
}

constexpr std::array kAll{Validation::strict_indexed,   Validation::lenient,      Validation::standard,
                          Validation::standard_checked, Validation::strict_whole, Validation::lenient_whole};

TEST(Validation, EveryPolicyAcceptsAValidInstance) {
    for (const Validation validation : kAll) {
        const Verdict verdict = judge(valid(), validation, "1.2");
        EXPECT_FALSE(verdict.failure) << verdict.message;
        EXPECT_THAT(verdict.violations, IsEmpty());
        EXPECT_EQ(verdict.key, key_of("1.2", "1.3", "1.4"));
    }
}

TEST(Validation, EveryPolicyNeedsTheUids) {
    for (const Validation validation : kAll) {
        for (const dicom::Tag tag :
             {tags::SOPClassUID, tags::StudyInstanceUID, tags::SeriesInstanceUID, tags::SOPInstanceUID}) {
            dicom::DataSet data_set = valid();
            data_set.remove(tag);
            const Verdict verdict = judge(data_set, validation);
            EXPECT_EQ(verdict.failure, StoreFailure::invalid_attribute);
            EXPECT_THAT(failed_tags(verdict), ElementsAre(tag));
        }
    }
}

TEST(Validation, EveryPolicyRefusesAnInvalidStudyUid) {
    for (const Validation validation : kAll) {
        for (const char* uid : {"abc.123", "11|"}) {
            dicom::DataSet data_set = valid();
            data_set.set_text(tags::StudyInstanceUID, uid);
            const Verdict verdict = judge(data_set, validation);
            EXPECT_EQ(verdict.failure, StoreFailure::invalid_attribute);
            EXPECT_EQ(failed_tags(verdict).front(), tags::StudyInstanceUID);
        }
    }
}

TEST(Validation, TheStudyMayDifferInPaddingOnly) {
    for (const Validation validation : kAll) {
        dicom::DataSet data_set = valid();
        data_set.set_text(tags::StudyInstanceUID, std::string_view("1.2\0", 4));
        EXPECT_FALSE(judge(data_set, validation, "1.2 ").failure);
        const Verdict other = judge(data_set, validation, "1.2.3");
        EXPECT_EQ(other.failure, StoreFailure::other_study);
        EXPECT_THAT(failed_tags(other), ElementsAre(tags::StudyInstanceUID));
    }
}

TEST(Validation, PatientIdByPolicy) {
    dicom::DataSet absent = valid();
    absent.remove(tags::PatientID);
    dicom::DataSet blank = valid();
    blank.set_text(tags::PatientID, "  ");
    EXPECT_EQ(judge(absent, Validation::strict_indexed).failure, StoreFailure::invalid_attribute);
    EXPECT_EQ(judge(blank, Validation::strict_indexed).failure, StoreFailure::invalid_attribute);
    EXPECT_EQ(judge(absent, Validation::lenient).failure, StoreFailure::invalid_attribute);
    EXPECT_FALSE(judge(absent, Validation::standard).failure);
    EXPECT_FALSE(judge(blank, Validation::standard).failure);

    const Verdict verdict = judge(blank, Validation::lenient);
    EXPECT_FALSE(verdict.failure);
    EXPECT_TRUE(verdict.patient_id_missing);
    ASSERT_EQ(verdict.violations.size(), 1U);
    EXPECT_EQ(verdict.violations[0].reason, "The required tag '(0010,0020)' is missing.");
    EXPECT_THAT(verdict.hidden, ElementsAre("00100020"));
}

TEST(Validation, NulsInThePatientId) {
    dicom::DataSet trailing = valid();
    trailing.set_text(tags::PatientID, std::string_view("123\0", 4));
    dicom::DataSet embedded = valid();
    embedded.set_text(tags::PatientID, std::string_view("\0"
                                                        "123\0",
                                                        5));
    EXPECT_EQ(judge(trailing, Validation::strict_indexed).failure, StoreFailure::invalid_attribute);
    const Verdict tolerated = judge(trailing, Validation::lenient);
    EXPECT_FALSE(tolerated.failure);
    EXPECT_THAT(tolerated.violations, IsEmpty());
    EXPECT_EQ(judge(embedded, Validation::lenient).failure, StoreFailure::invalid_attribute);
}

TEST(Validation, AnInvalidIndexedAttributeFailsOrIsHidden) {
    dicom::DataSet data_set = valid();
    data_set.set_text(tags::Modality, "ABCDEFGHIJKLMNOPQRST");
    data_set.set_text(tags::StudyDate, "NotAValidStudyDate");
    const Verdict strict = judge(data_set, Validation::strict_indexed);
    EXPECT_EQ(strict.failure, StoreFailure::invalid_attribute);
    EXPECT_THAT(failed_tags(strict), ElementsAre(tags::StudyDate, tags::Modality));
    const Verdict lenient = judge(data_set, Validation::lenient);
    EXPECT_FALSE(lenient.failure);
    EXPECT_THAT(lenient.hidden, ElementsAre("00080020", "00080060"));
    const Verdict standard = judge(data_set, Validation::standard);
    EXPECT_FALSE(standard.failure);
    EXPECT_THAT(standard.hidden, IsEmpty());

    const auto has = [](const index::AttributeValues& values, dicom::Tag tag) {
        return std::any_of(values.begin(), values.end(),
                           [&](const auto& value) { return value.first == tag; });
    };
    EXPECT_FALSE(has(index::row_values(data_set, lenient.hidden), tags::Modality));
    EXPECT_TRUE(has(index::row_values(data_set, standard.hidden), tags::Modality));
    EXPECT_TRUE(has(index::row_values(data_set, standard.hidden), tags::StudyDate))
        << "shown as it is written, though it cannot be compared";
}

TEST(Validation, SeveralValuesOfAnIndexedAttribute) {
    dicom::DataSet data_set = valid();
    data_set.set_text(tags::StudyDescription, "one\\two");
    const Verdict strict = judge(data_set, Validation::strict_indexed);
    EXPECT_FALSE(strict.failure);
    EXPECT_TRUE(strict.multi_valued_indexed);
    const Verdict lenient = judge(data_set, Validation::lenient);
    EXPECT_FALSE(lenient.failure || lenient.multi_valued_indexed);
    EXPECT_THAT(failed_tags(lenient), ElementsAre(tags::StudyDescription));
}

TEST(Attributes, ValuesTrimmedWithoutComputedOnes) {
    dicom::DataSet data_set = valid();
    data_set.set_text(tags::Modality, std::string_view("X\0", 2));
    data_set.set_text(tags::ModalitiesInStudy, "MR");
    data_set.set_text(tags::PatientName, "Doe^Jane=X^Y ");
    data_set.set_text(tags::StudyDescription, "one \\ two");
    data_set.set_text(tags::StudyDate, "20240101\\20240102");
    data_set.set_text(tags::InstitutionName, "here\\" + std::string(1024, 'x'));
    dicom::Element sequence;
    sequence.tag = tags::RequestAttributesSequence;
    sequence.vr = dicom::Vr::SQ;
    sequence.items.resize(2);
    sequence.items[1].set_text(tags::ScheduledProcedureStepID, "S1 ");
    data_set.set(std::move(sequence));
    const auto values = index::row_values(data_set, {});
    EXPECT_THAT(values, ::testing::Contains(std::pair(tags::Modality, std::string("X"))));
    EXPECT_THAT(values, ::testing::Contains(std::pair(tags::PatientName, std::string("Doe^Jane=X^Y"))));
    EXPECT_THAT(values, ::testing::Contains(std::pair(tags::StudyDescription, std::string("one\\two"))));
    EXPECT_THAT(values, ::testing::Contains(std::pair(tags::StudyDate, std::string("20240101"))));
    EXPECT_THAT(values, ::testing::Contains(std::pair(tags::InstitutionName, std::string("here"))));
    for (const auto& [tag, text] : values)
        EXPECT_NE(tag, tags::ModalitiesInStudy);
    const auto requests = index::request_items(data_set, {});
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].scheduled_procedure_step_id, "S1");
    EXPECT_THAT(index::request_items(data_set, {"00400275/2/00400009"}), IsEmpty());
}

TEST(Validation, TheStandardMayListWhatItStoresAllTheSame) {
    dicom::DataSet data_set = valid();
    data_set.set_text(tags::StudyDate, "never");
    data_set.remove(tags::PatientID);
    const Verdict plain = judge(data_set, Validation::standard);
    EXPECT_FALSE(plain.failure);
    EXPECT_THAT(plain.violations, IsEmpty());
    const Verdict checked = judge(data_set, Validation::standard_checked);
    EXPECT_FALSE(checked.failure);
    EXPECT_THAT(failed_tags(checked), ElementsAre(tags::PatientID, tags::StudyDate));
    EXPECT_THAT(checked.hidden, IsEmpty());
    data_set = valid();
    data_set.set_text(tags::PatientID, "");
    EXPECT_THAT(judge(data_set, Validation::standard_checked).violations, IsEmpty());
}

TEST(Validation, WholeAttributesCountWhereTheSettingSaysSo) {
    dicom::DataSet item;
    item.set_text(tags::StudyDate, "never");
    dicom::Element sequence;
    sequence.tag = tags::RequestAttributesSequence;
    sequence.vr = dicom::Vr::SQ;
    sequence.items = {item};
    dicom::DataSet data_set = valid();
    data_set.set(sequence);

    EXPECT_FALSE(judge(data_set, Validation::strict_indexed).failure) << "not indexed";
    const Verdict strict = judge(data_set, Validation::strict_whole);
    EXPECT_EQ(strict.failure, StoreFailure::invalid_attribute);
    EXPECT_THAT(failed_tags(strict), ElementsAre(tags::RequestAttributesSequence));

    EXPECT_THAT(judge(data_set, Validation::lenient).hidden, ElementsAre("00400275/1/00080020"));
    const Verdict lenient = judge(data_set, Validation::lenient_whole);
    EXPECT_FALSE(lenient.failure);
    EXPECT_THAT(lenient.hidden, ElementsAre("00400275"));
    EXPECT_THAT(failed_tags(lenient), ElementsAre(tags::RequestAttributesSequence));
    // An empty Patient ID is what it is without the setting.
    data_set.set_text(tags::PatientID, "");
    EXPECT_EQ(judge(data_set, Validation::strict_whole).failure, StoreFailure::invalid_attribute);
    EXPECT_FALSE(judge(data_set, Validation::lenient_whole).failure);
}

TEST(Validation, ManyProblemsCostNoMoreThanTheirNumber) {
    constexpr unsigned kProblems = 300'000;
    dicom::DataSet data_set = valid();
    for (unsigned i = 0; i < kProblems; ++i) {
        const auto group = static_cast<std::uint16_t>(0x1001 + 2 * (i / 0xE000));
        data_set.set_text({group, static_cast<std::uint16_t>(0x1010 + i % 0xE000)}, dicom::Vr::DA, "never");
    }
    const std::clock_t start = std::clock();
    EXPECT_EQ(judge(data_set, Validation::lenient).violations.size(), kProblems);
    // Comparing each with each takes more than twenty seconds.
    EXPECT_LT(std::clock() - start, 10 * CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace isocenter::archive
