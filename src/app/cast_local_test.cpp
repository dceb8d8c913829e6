#include "app/cast_local.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "archive/test_archive.h"

namespace isocenter::app {
namespace {

using archive::make_data_set;
using archive::to_part10;
using std::chrono::milliseconds;

class LocalCast : public testing::Test {
  protected:
    void store(const std::string& study, const std::string& instance, const std::string& patient = "P1") {
        dicom::DataSet data_set = make_data_set(study, study + ".1", instance);
        data_set.set_text(dicom::tags::PatientID, patient);
        ASSERT_EQ(stored.store({to_part10(data_set)}).size(), 1U);
    }
    static fhir::Key key(const std::string& study) { return {"Microsoft.Default", study}; }

    archive::TestArchive stored;
    LocalChangeSource feed{*stored.archive};
    LocalArchiveSource source{*stored.archive};
};

TEST_F(LocalCast, the_feed_is_read_in_windows) {
    EXPECT_EQ(*feed.latest(), 0);
    EXPECT_TRUE(feed.read(0)->entries.empty());
    for (int i = 1; i <= 103; ++i)
        store("1.2", "1.2.3." + std::to_string(i));
    EXPECT_EQ(*feed.latest(), 103);
    const auto window = feed.read(0);
    ASSERT_EQ(window->entries.size(), 100U);
    EXPECT_EQ(window->entries.front().sequence, 1);
    EXPECT_EQ(window->entries.front().study_uid, "1.2");
    EXPECT_EQ(window->entries.front().partition, "Microsoft.Default");
    EXPECT_GT(window->entries.front().time, 0);
    EXPECT_EQ(feed.read(100)->entries.size(), 3U);
}

TEST_F(LocalCast, data_sets_are_read_as_deep_as_they_are) {
    const auto in_sequence = [](dicom::DataSet item) {
        dicom::Element sequence{.tag = {0x0040, 0xA730}, .vr = dicom::Vr::SQ};
        sequence.items.push_back(std::move(item));
        return sequence;
    };
    dicom::DataSet inner;
    for (int depth = 0; depth < 60; ++depth) {
        dicom::DataSet outer;
        outer.set(in_sequence(std::move(inner)));
        inner = std::move(outer);
    }
    dicom::DataSet deep = make_data_set("1.2", "1.2.1", "1.2.3");
    deep.set(in_sequence(std::move(inner)));
    ASSERT_EQ(stored.store({to_part10(deep)}).size(), 1U);
    const auto content = source.read_study(key("1.2"));
    ASSERT_TRUE(content.has_value()) << content.error().text;
    EXPECT_EQ(content->instances.size(), 1U);
}

TEST_F(LocalCast, a_commit_wakes_who_waits_for_news) {
    ASSERT_TRUE(feed.latest().ok());
    std::jthread later([&] {
        std::this_thread::sleep_for(milliseconds(50));
        store("1.2", "1.2.3");
    });
    const auto begin = std::chrono::steady_clock::now();
    feed.wait_for_news({}, milliseconds(60'000));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
    EXPECT_EQ(*feed.latest(), 1);
}

TEST_F(LocalCast, a_commit_between_looking_and_waiting_is_not_missed) {
    ASSERT_TRUE(feed.latest().ok());
    store("1.2", "1.2.3");
    const auto begin = std::chrono::steady_clock::now();
    feed.wait_for_news({}, milliseconds(60'000));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST_F(LocalCast, waiting_ends_with_a_stop_and_with_the_time) {
    ASSERT_TRUE(feed.latest().ok());
    feed.wait_for_news({}, milliseconds(1));
    std::stop_source stop;
    stop.request_stop();
    feed.wait_for_news(stop.get_token(), milliseconds(60'000));
}

TEST_F(LocalCast, a_study_is_its_instances_and_has_a_version) {
    EXPECT_TRUE(source.read_study(key("1.2"))->instances.empty());
    store("1.2", "1.2.3");
    store("1.2", "1.2.4");
    const auto content = source.read_study(key("1.2"));
    ASSERT_EQ(content->instances.size(), 2U);
    EXPECT_EQ(content->instances[0].at("0020000D").at("Value").at(0), "1.2");
    EXPECT_FALSE(source.read_if_changed(key("1.2"), content->version)->has_value());
    store("1.2", "1.2.5");
    const auto changed = source.read_if_changed(key("1.2"), content->version);
    ASSERT_TRUE(changed->has_value());
    EXPECT_EQ((*changed)->instances.size(), 3U);
    ASSERT_TRUE(stored.archive->remove(archive::key_of("1.2")).ok());
    EXPECT_TRUE((*source.read_if_changed(key("1.2"), (*changed)->version))->instances.empty());
}

TEST_F(LocalCast, a_version_does_not_come_again_in_a_restored_archive) {
    // Two that are at the same point, as after a restore: then each goes on by itself.
    archive::TestArchive restored;
    LocalArchiveSource elsewhere{*restored.archive};
    const auto store_elsewhere = [&](const std::string& instance) {
        ASSERT_EQ(restored.store({to_part10(make_data_set("1.2", "1.2.1", instance))}).size(), 1U);
    };
    store("1.2", "1.2.3");
    store_elsewhere("1.2.3");
    store("1.2", "1.2.4");
    store_elsewhere("1.2.5");
    const auto version = source.read_study(key("1.2"))->version;
    EXPECT_NE(version, elsewhere.read_study(key("1.2"))->version);
    const auto changed = elsewhere.read_if_changed(key("1.2"), version);
    ASSERT_TRUE(changed->has_value());
    EXPECT_EQ((*changed)->instances.back().at("00080018").at("Value").at(0), "1.2.5");
}

TEST_F(LocalCast, partitions_other_than_the_default_one_are_empty) {
    store("1.2", "1.2.3");
    const fhir::Key elsewhere{"north", "1.2"};
    const std::string version = source.read_study(key("1.2"))->version;
    EXPECT_TRUE(source.read_study(elsewhere)->instances.empty());
    const auto changed = source.read_if_changed(elsewhere, version);
    ASSERT_TRUE(changed->has_value());
    EXPECT_TRUE((*changed)->instances.empty());
    EXPECT_TRUE(source.studies_of_patient("north", "P1")->empty());
    EXPECT_TRUE(source.page("north", {}, 0)->empty());
}

TEST_F(LocalCast, bulk_data_is_left_out) {
    dicom::DataSet data_set = make_data_set("1.2", "1.2.1", "1.2.3");
    archive::set_pixels(data_set, 1, 1, 1, "ab");
    ASSERT_EQ(stored.store({to_part10(data_set)}).size(), 1U);
    const auto content = source.read_study(key("1.2"));
    ASSERT_EQ(content->instances.size(), 1U);
    EXPECT_FALSE(content->instances[0].contains("7FE00010"));
}

TEST_F(LocalCast, studies_of_a_patient_are_found_by_the_exact_id) {
    for (int i = 1; i <= 203; ++i)
        store("1.2." + std::to_string(i), "1.3." + std::to_string(i));
    store("1.4", "1.4.1", "P*");
    store("1.5", "1.5.1", "p1");
    EXPECT_EQ(source.studies_of_patient("Microsoft.Default", "P1")->size(), 203U);
    const auto wild = source.studies_of_patient("Microsoft.Default", "P*");
    ASSERT_EQ(wild->size(), 1U);
    EXPECT_EQ((*wild)[0].at("0020000D").at("Value").at(0), "1.4");
    EXPECT_TRUE(source.studies_of_patient("Microsoft.Default", "nobody")->empty());
}

TEST_F(LocalCast, studies_are_listed_by_page_and_filter) {
    for (int i = 1; i <= 203; ++i)
        store("1." + std::to_string(i), "1." + std::to_string(i) + ".3", i <= 2 ? "P1" : "P2");
    EXPECT_EQ(source.page("Microsoft.Default", {}, 0)->size(), 200U);
    EXPECT_EQ(source.page("Microsoft.Default", {}, 200)->size(), 3U);
    EXPECT_TRUE(source.page("Microsoft.Default", {}, 203)->empty());
    const auto of_patient = source.page("Microsoft.Default", {.patient_id = "P1"}, 0);
    EXPECT_EQ(*of_patient, (std::vector<fhir::Key>{key("1.2"), key("1.1")}));
    EXPECT_TRUE(source.page("Microsoft.Default", {.modality = "XA"}, 0)->empty());
    EXPECT_EQ(source.page("Microsoft.Default", {.modality = "CT"}, 0)->size(), 200U);
}

TEST_F(LocalCast, deletions_name_their_instance) {
    store("1.2", "1.2.3");
    ASSERT_TRUE(stored.archive->remove({index::kDefaultPartition, StudyUid("1.2"), {}, {}}).ok());
    const auto window = feed.read(0);
    ASSERT_EQ(window->entries.size(), 2U);
    EXPECT_EQ(window->entries[0].removed_instance, "");
    EXPECT_EQ(window->entries[1].removed_instance, "1.2.3");
}

TEST_F(LocalCast, studies_are_listed_by_date) {
    for (const char* date : {"20230630", "20240101", "20241231", "20250101"}) {
        dicom::DataSet data_set = make_data_set(std::string("1.") + date, "1.9", std::string("1.8.") + date);
        data_set.set_text(dicom::tags::StudyDate, date);
        ASSERT_EQ(stored.store({to_part10(data_set)}).size(), 1U);
    }
    const auto count = [&](const char* range) {
        return source.page("Microsoft.Default", {.date = range}, 0)->size();
    };
    EXPECT_EQ(count("20240101-20241231"), 2U);
    EXPECT_EQ(count("20240101-"), 3U);
    EXPECT_EQ(count("-20240101"), 2U);
    EXPECT_EQ(count("20240101"), 1U);
}

}  // namespace
}  // namespace isocenter::app
