#pragma once

// What every index database must do. A database's own test instantiates IndexContract with a way to open it.

#include "index/fixture_for_contract_test.h"

namespace isocenter::index {

TEST_P(IndexContract, ReplacesTheObjectThatWasMeantOnly) {
    NewInstance given = instance_of(key_of("1", "2", "3"));
    const BlobKey lost = given.blob;
    const AddOutcome first = add(given);
    given.blob = BlobKey("dd/healed");
    given.replaces = lost;
    EXPECT_TRUE(add(given).created);
    given.blob = BlobKey("dd/late");
    const AddOutcome late = add(given);
    EXPECT_FALSE(late.created);
    EXPECT_GT(late.version, first.version);
    EXPECT_EQ(index().list(given.key, false)->front().blob, BlobKey("dd/healed"));
}

TEST_P(IndexContract, StartsEmpty) {
    EXPECT_TRUE(index().check().ok());
    EXPECT_EQ(index().totals()->instances, 0U);
    EXPECT_THAT(*index().list(key_of("1"), true), IsEmpty());
    EXPECT_THAT(feed(), IsEmpty());
    EXPECT_EQ(index().revision(key_of("1"))->instances, 0U);
    EXPECT_FALSE(index().revision(key_of("1"))->deleted);
    EXPECT_EQ(index().remove(key_of("1")).error().code, ErrorCode::not_found);
}

TEST_P(IndexContract, GivesBackWhatWasAdded) {
    NewInstance given = instance_of(key_of("1.1", "1.2", "1.3"));
    given.hidden = {"00100010", "a\"b\\c"};
    given.layout = std::string("\0\1binary", 8);
    given.sha256[31] = 7;
    const AddOutcome outcome = add(given);
    EXPECT_TRUE(outcome.created);
    reopen();
    const auto records_found = *index().list(given.key, true);
    ASSERT_EQ(records_found.size(), 1U);
    const InstanceRecord& record = records_found.front();
    EXPECT_EQ(record.key, given.key);
    EXPECT_EQ(record.version, outcome.version);
    EXPECT_EQ(record.blob, given.blob);
    EXPECT_EQ(record.sha256, given.sha256);
    EXPECT_EQ(record.layout, given.layout);
    EXPECT_EQ(record.frames, 1U);
    EXPECT_EQ(record.size_bytes, 1000U);
    EXPECT_EQ(record.sop_class_uid, given.sop_class_uid);
    EXPECT_EQ(record.transfer_syntax, given.transfer_syntax);
    const std::int64_t ids[] = {record.id + 1, record.id};
    const auto documents = index().documents(ids, UINT64_MAX)->documents;
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(documents[0].json, given.document);
    EXPECT_EQ(documents[0].hidden, given.hidden);
    EXPECT_EQ(documents[0].key, given.key);
    EXPECT_THAT(index().list(given.key, false)->front().layout, IsEmpty());
}

TEST_P(IndexContract, RefusesWhatIsThereAndTheSecondOfTwoEqual) {
    const EntityKey key = key_of("1", "2", "3");
    const std::vector<NewInstance> twice{instance_of(key), instance_of(key)};
    const auto outcomes = *index().add(twice);
    EXPECT_TRUE(outcomes[0].created);
    EXPECT_FALSE(outcomes[1].created);
    EXPECT_FALSE(add(key).created);
    EXPECT_EQ(index().totals()->instances, 1U);
    EXPECT_EQ(feed().size(), 1U);
    EXPECT_EQ(index().list(key, false)->front().blob, twice[0].blob);
    // The same SOP Instance UID in another series is another instance.
    EXPECT_TRUE(add(key_of("1", "2.2", "3")).created);
    EXPECT_TRUE(add(key_of("1.9", "2", "3")).created);
}

TEST_P(IndexContract, ReplacesWhenAsked) {
    const EntityKey key = key_of("1", "2", "3");
    NewInstance first = instance_of(key);
    const AddOutcome before = add(first);
    NewInstance second = instance_of(key);
    second.replace = true;
    second.size_bytes = 50;
    second.sop_class_uid = "1.2.3";
    NewInstance third = instance_of(key);
    third.sop_class_uid = "1.2.4";
    const std::vector<NewInstance> both{second, third};
    const auto outcomes = *index().add(both);
    EXPECT_TRUE(outcomes[0].created);
    EXPECT_FALSE(outcomes[1].created) << "the second of two equal keys does not ask for it";
    EXPECT_GT(outcomes[0].version, before.version);
    EXPECT_THAT(*removals().due(now_ticks(), 10), ElementsAre(first.blob));
    EXPECT_EQ(index().totals()->bytes, 50U);
    EXPECT_EQ(index().revision(key_of("1"))->newest_version, outcomes[0].version);
    const auto changes = feed();
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0].state, State::replaced);
    EXPECT_EQ(changes[1].state, State::current);
    EXPECT_EQ(changes[1].action, Action::create);
    EXPECT_TRUE(changes[0].document.has_value()) << "the live version's";
    EXPECT_THAT(rows({})[0].sop_classes_in_study, ElementsAre("1.2.3"));
}

TEST_P(IndexContract, ReplacesWithinOneCall) {
    const EntityKey key = key_of("1", "2", "3");
    NewInstance first = instance_of(key);
    NewInstance second = instance_of(key);
    second.replace = true;
    second.size_bytes = 50;
    second.sop_class_uid = "1.2.3";
    const std::vector<NewInstance> both{first, second};
    const auto outcomes = *index().add(both);
    EXPECT_TRUE(outcomes[0].created && outcomes[1].created);
    const auto records = *index().list(key, false);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].blob, second.blob);
    EXPECT_THAT(*removals().due(now_ticks(), 10), ElementsAre(first.blob));
    EXPECT_EQ(index().totals()->bytes, 50U);
    EXPECT_EQ(index().totals()->instances, 1U);
    const auto changes = feed();
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0].state, State::replaced);
    EXPECT_EQ(changes[1].state, State::current);
    EXPECT_THAT(rows({})[0].sop_classes_in_study, ElementsAre("1.2.3"));
}

TEST_P(IndexContract, ListsByNumbersThenUids) {
    add(key_of("1", "1.20", "9"), {{tags::SeriesNumber, "10"}, {tags::InstanceNumber, "2"}});
    add(key_of("1", "1.20", "8"), {{tags::InstanceNumber, "10"}});
    add(key_of("1", "1.20", "7"), {{tags::InstanceNumber, "2"}});
    add(key_of("1", "1.10", "6"), {{tags::SeriesNumber, "9"}, {tags::InstanceNumber, "99"}});
    std::vector<std::string> order;
    const auto records = index().list(key_of("1"), false);
    ASSERT_TRUE(records.ok());
    for (const auto& record : *records)
        order.push_back(record.key.instance.str());
    EXPECT_THAT(order, ElementsAre("6", "7", "9", "8"));
}

TEST_P(IndexContract, RevisionChangesWithEveryChange) {
    add(key_of("1", "2", "3"));
    const Revision one = *index().revision(key_of("1"));
    const AddOutcome second = add(key_of("1", "2", "4"));
    const Revision two = *index().revision(key_of("1"));
    EXPECT_GT(two.newest_version, one.newest_version);
    EXPECT_EQ(two.instances, 2U);
    EXPECT_EQ(index().revision(key_of("1", "2"))->instances, 2U);
    EXPECT_EQ(index().revision(key_of("1", "2", "3"))->newest_version, one.newest_version);
    ASSERT_EQ(*index().remove(key_of("1", "2", "4")), 1U);
    EXPECT_EQ(index().revision(key_of("1"))->instances, 1U);
    EXPECT_LT(index().revision(key_of("1"))->newest_version, second.version);
    EXPECT_TRUE(index().revision(key_of("1", "2", "4"))->deleted);
    EXPECT_FALSE(index().revision(key_of("1", "2", "5"))->deleted);
    ASSERT_EQ(*index().remove(key_of("1")), 1U);
    EXPECT_TRUE(index().revision(key_of("1"))->deleted);
    EXPECT_TRUE(index().revision(key_of("1", "2"))->deleted);
    add(key_of("1", "2", "3"));
    EXPECT_FALSE(index().revision(key_of("1"))->deleted);
}

TEST_P(IndexContract, RevisionTellsDatabasesApartThatCountAlike) {
    // Two that begin with the same instances, as a restored one does with those of its backup.
    const TemporaryFolder elsewhere;
    const Database other = *GetParam().open(elsewhere);
    const auto add_to_both = [&](const NewInstance& given) {
        add(given);
        ASSERT_TRUE(other.index->add(std::span(&given, 1)).ok());
    };
    for (const char* instance : {"3", "4", "5"})
        add_to_both(instance_of(key_of("1", "2", instance)));
    const EntityKey keys[] = {key_of("1"), key_of("1", "2"), key_of("1", "2", "5")};
    for (const EntityKey& key : keys)
        EXPECT_EQ(index().revision(key)->mark, other.index->revision(key)->mark);
    const auto expect_marks_differ = [&](std::span<const EntityKey> where) {
        for (const EntityKey& key : where) {
            const Revision one = *index().revision(key);
            const Revision two = *other.index->revision(key);
            EXPECT_EQ(one.newest_version, two.newest_version);
            EXPECT_EQ(one.instances, two.instances);
            EXPECT_NE(one.mark, two.mark) << key.series.view() << ' ' << key.instance.view();
        }
    };
    ASSERT_TRUE(index().remove(key_of("1", "2", "3")).ok());
    ASSERT_TRUE(other.index->remove(key_of("1", "2", "4")).ok());
    expect_marks_differ(std::span(keys).first(2));
    NewInstance replacing = instance_of(key_of("1", "2", "5"));
    replacing.replace = true;
    add(replacing);
    replacing.blob = BlobKey("ab/another");
    ASSERT_TRUE(other.index->add(std::span(&replacing, 1)).ok());
    expect_marks_differ(keys);
}

TEST_P(IndexContract, RemovesWhatIsBelowAndNothingElse) {
    for (const char* series : {"2", "3"}) {
        for (const char* instance : {"4", "5"})
            add(key_of("1", series, instance), {{tags::PatientName, "A^B"}});
    }
    add(key_of("9", "2", "4"));
    EXPECT_EQ(*index().remove(key_of("1", "2")), 2U);
    EXPECT_EQ(index().remove(key_of("1", "2")).error().code, ErrorCode::not_found);
    EXPECT_EQ(index().list(key_of("1"), false)->size(), 2U);
    EXPECT_EQ(index().totals()->series, 2U);
    EXPECT_EQ(*index().remove(key_of("1", "3", "4")), 1U);
    EXPECT_EQ(*index().remove(key_of("1", "3", "5")), 1U);
    EXPECT_EQ(index().totals()->studies, 1U);
    EXPECT_EQ(*removals().size(), 4U);
    EXPECT_EQ(feed().size(), 9U);
    EXPECT_THAT(uids({}), ElementsAre("9"));
}

TEST_P(IndexContract, ValuesOfRemovedInstancesGo) {
    const auto attributes_of = [&](dicom::Level level) { return rows(query_of(level, {})).at(0); };
    add(key_of("1", "2", "3"), {{tags::PatientName, "Adams^Ann"},
                                {tags::StudyDescription, "first"},
                                {tags::Modality, "CT"},
                                {tags::SeriesNumber, "7"}});
    NewInstance second = instance_of(
        key_of("1", "2", "4"),
        {{tags::PatientName, "Baker^Änne"}, {tags::PatientSex, "F"}, {tags::SeriesDescription, "second"}});
    second.requests = {{"S2", "P2"}};
    second.document = document_of(second.key, second.attributes, second.requests);
    add(second);
    NewInstance third = instance_of(key_of("1", "2", "5"), {{tags::PatientName, "Clark^Ann"}});
    third.requests = {{"S3", ""}};
    third.document = document_of(third.key, third.attributes, third.requests);
    add(third);
    add(key_of("1", "8", "9"), {{tags::StudyID, "other series"}, {tags::Modality, "SR"}});

    ASSERT_TRUE(index().remove(third.key).ok());
    SearchRow row = attributes_of(dicom::Level::study);
    EXPECT_THAT(row.study,
                ::testing::UnorderedElementsAre(std::pair(tags::PatientName, std::string("Baker^Änne")),
                                                std::pair(tags::StudyDescription, std::string("first")),
                                                std::pair(tags::PatientSex, std::string("F")),
                                                std::pair(tags::StudyID, std::string("other series"))));
    EXPECT_THAT(uids(studies_with(tags::PatientName, name_of("*lark*"))), IsEmpty());
    EXPECT_THAT(uids(studies_with(tags::PatientName, name_of("*aker^ann*"))), ElementsAre("1"));
    EXPECT_EQ(rows(query_of(dicom::Level::series, {{tags::SeriesInstanceUID, {}, dicom::MatchUid{{"2"}}}}))
                  .at(0)
                  .requests,
              second.requests);

    ASSERT_TRUE(index().remove(key_of("1", "8")).ok());
    ASSERT_TRUE(index().remove(second.key).ok());
    row = attributes_of(dicom::Level::series);
    EXPECT_THAT(row.study,
                ::testing::UnorderedElementsAre(std::pair(tags::PatientName, std::string("Adams^Ann")),
                                                std::pair(tags::StudyDescription, std::string("first"))));
    EXPECT_THAT(row.series, ::testing::UnorderedElementsAre(std::pair(tags::Modality, std::string("CT")),
                                                            std::pair(tags::SeriesNumber, std::string("7"))));
    EXPECT_THAT(row.requests, IsEmpty());
    EXPECT_THAT(row.modalities_in_study, ElementsAre("CT"));
    EXPECT_THAT(uids(studies_with(tags::StudyID, text_of({"other series"}))), IsEmpty());
}

TEST_P(IndexContract, ValuesThatWereHiddenStayAway) {
    NewInstance hiding = instance_of(key_of("1", "2", "3"));
    hiding.document = document_of(hiding.key, {{tags::PatientID, "bad"}, {tags::StudyID, "S"}});
    hiding.hidden = {"00100020"};
    hiding.attributes = {{tags::StudyID, "S"}};
    add(hiding);
    add(key_of("1", "2", "4"), {{tags::PatientID, "P"}});
    ASSERT_TRUE(index().remove(key_of("1", "2", "4")).ok());
    EXPECT_THAT(rows({}).at(0).study, ElementsAre(std::pair(tags::StudyID, std::string("S"))));
}

TEST_P(IndexContract, ValuesOfReplacedInstancesGo) {
    add(key_of("1", "2", "3"), {{tags::PatientID, "P"}, {tags::StudyDescription, "kept by another"}});
    NewInstance old = instance_of(
        key_of("1", "2", "4"),
        {{tags::PatientID, "Q"}, {tags::AccessionNumber, "old"}, {tags::SeriesDescription, "old"}});
    old.requests = {{"S1", ""}};
    old.document = document_of(old.key, old.attributes, old.requests);
    add(old);
    NewInstance fresh = instance_of(key_of("1", "2", "4"), {{tags::StudyID, "new"}});
    fresh.replace = true;
    ASSERT_TRUE(add(fresh).created);
    const SearchRow row = rows(query_of(dicom::Level::series, {})).at(0);
    EXPECT_THAT(row.study, ::testing::UnorderedElementsAre(
                               std::pair(tags::PatientID, std::string("P")),
                               std::pair(tags::StudyDescription, std::string("kept by another")),
                               std::pair(tags::StudyID, std::string("new"))));
    EXPECT_THAT(row.series, IsEmpty());
    EXPECT_THAT(row.requests, IsEmpty());
}

TEST_P(IndexContract, FeedTellsTheStateOfToday) {
    const EntityKey key = key_of("1", "2", "3");
    add(key);
    ChangeQuery latest;
    latest.latest_only = true;
    auto changes = feed(latest);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].state, State::current);
    EXPECT_EQ(changes[0].partition_name, kDefaultPartitionName);
    EXPECT_TRUE(changes[0].document.has_value());
    EXPECT_TRUE(index().remove(key).ok());
    changes = feed(latest);
    EXPECT_EQ(changes[0].action, Action::remove);
    EXPECT_EQ(changes[0].state, State::deleted);
    EXPECT_FALSE(changes[0].document.has_value());
    EXPECT_EQ(feed()[0].state, State::deleted);
    add(key);
    changes = feed();
    ASSERT_EQ(changes.size(), 3U);
    EXPECT_EQ(changes[0].state, State::replaced);
    EXPECT_EQ(changes[1].state, State::replaced);
    EXPECT_EQ(changes[2].state, State::current);
    ChangeQuery bare;
    bare.with_documents = false;
    EXPECT_FALSE(feed(bare)[2].document.has_value());
}

TEST_P(IndexContract, DocumentsComeInBatchesOfBytes) {
    std::vector<std::int64_t> ids;
    for (const char* uid : {"3", "4", "5"}) {
        NewInstance given = instance_of(key_of("1", "2", uid));
        given.document = R"({"00080018":{"vr":"UI","Value":[")" + std::string(uid) + R"("]}})";
        given.document.insert(1, 1000, ' ');
        add(given);
    }
    const auto records = *index().list(key_of("1"), false);
    for (const InstanceRecord& record : records)
        ids.push_back(record.id);
    const std::uint64_t each =
        index().documents(std::span(ids).first(1), UINT64_MAX)->documents[0].json.size();
    const auto two = *index().documents(ids, 3 * each - 1);
    EXPECT_EQ(two.documents.size(), 2U);
    EXPECT_EQ(two.ids, 2U);
    EXPECT_EQ(two.next_bytes, each);
    const auto none = *index().documents(ids, each - 1);
    EXPECT_TRUE(none.documents.empty());
    EXPECT_EQ(none.ids, 0U);
    EXPECT_EQ(none.next_bytes, each);
    const std::int64_t again[] = {ids[2], 0, ids[2], ids[0]};
    const auto all = *index().documents(again, 3 * each);
    EXPECT_EQ(all.ids, 4U);
    EXPECT_EQ(all.next_bytes, 0U);
    ASSERT_EQ(all.documents.size(), 3U);
    EXPECT_EQ(all.documents[0].key.instance.view(), "5");
    EXPECT_EQ(all.documents[1].key.instance.view(), "5");
    EXPECT_EQ(all.documents[2].key.instance.view(), "3");

    ChangeQuery query;
    query.document_bytes = 2 * each;
    const auto changes = feed(query);
    ASSERT_EQ(changes.size(), 3U);
    for (std::size_t i = 0; i < changes.size(); ++i) {
        EXPECT_EQ(changes[i].document.has_value(), i < 2);
        EXPECT_EQ(changes[i].live_record, ids[i]);
    }
    query.with_documents = false;
    EXPECT_EQ(feed(query)[0].live_record, 0);
}

TEST_P(IndexContract, FeedWindows) {
    std::vector<Ticks> times;
    for (int i = 1; i <= 4; ++i) {
        add(key_of("1", "2", std::to_string(i)));
        ChangeQuery latest;
        latest.latest_only = true;
        times.push_back(feed(latest)[0].time);
    }
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
    const auto sequences = [&](const ChangeQuery& query) {
        std::vector<std::int64_t> found;
        for (const Change& change : feed(query))
            found.push_back(change.sequence);
        return found;
    };
    ChangeQuery window;
    window.after = 1;
    window.up_to = 3;
    EXPECT_THAT(sequences(window), ElementsAre(2, 3));
    window.limit = 1;
    window.offset = 1;
    EXPECT_THAT(sequences(window), ElementsAre(3));
    ChangeQuery timed;
    timed.by_time = true;
    timed.from = times[0];
    EXPECT_THAT(sequences(timed), ElementsAre(1, 2, 3, 4));
    timed.offset = 2;
    timed.limit = 1;
    EXPECT_THAT(sequences(timed), ElementsAre(3));
    timed = {};
    timed.by_time = true;
    timed.from = times[3] + 1;
    EXPECT_THAT(sequences(timed), IsEmpty());
    timed.from = 0;
    timed.until = times[0];
    EXPECT_THAT(sequences(timed), IsEmpty());
}

TEST_P(IndexContract, LatestNonEmptyValueWins) {
    add(key_of("1", "2", "3"), {{tags::PatientID, "123"}, {tags::Modality, "CT"}});
    add(key_of("1", "2", "4"), {{tags::PatientID, ""}, {tags::PatientName, "Doe^Jane"}});
    auto found = rows({});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found[0].study, ElementsAre(std::pair(tags::PatientName, std::string("Doe^Jane")),
                                            std::pair(tags::PatientID, "123")));
    add(key_of("1", "2", "5"), {{tags::PatientName, "Roe^Jane"}});
    EXPECT_EQ(rows({})[0].study[0].second, "Roe^Jane");
    EXPECT_EQ(rows({})[0].study_instances, 3U);
    EXPECT_THAT(rows({})[0].modalities_in_study, ElementsAre("CT"));
}

TEST_P(IndexContract, RemovalQueueKeepsOrderAndAttempts) {
    const BlobKey a("aa/1");
    const BlobKey b("bb/2");
    const BlobKey both[] = {a, b};
    ASSERT_TRUE(removals().enqueue(both).ok());
    ASSERT_TRUE(removals().enqueue(both).ok()) << "twice is once";
    EXPECT_EQ(*removals().size(), 2U);
    ASSERT_TRUE(removals().postpone(a, now_ticks() + 100 * kTicksPerSecond).ok());
    EXPECT_THAT(*removals().due(now_ticks(), 10), ElementsAre(b));
    EXPECT_EQ(removals().due(now_ticks() + 200 * kTicksPerSecond, 1)->size(), 1U);
    ASSERT_TRUE(removals().done(std::span(&b, 1)).ok());
    EXPECT_EQ(*removals().size(), 1U);
}

TEST_P(IndexContract, WritersAndAFeedReaderAtOnce) {
    constexpr int kEach = 60;
    std::atomic<bool> done = false;
    std::vector<std::int64_t> seen;
    std::thread reader([&] {
        std::int64_t cursor = 0;
        while (true) {
            const bool last = done;
            ChangeQuery query;
            query.after = cursor;
            const auto changes = index().changes(query);
            if (!changes) return;
            for (const Change& change : *changes)
                seen.push_back(cursor = change.sequence);
            if (last && changes->empty()) return;
        }
    });
    std::vector<std::thread> writers;
    for (const char* study : {"1", "2", "3"}) {
        writers.emplace_back([&, study] {
            for (int i = 1; i <= kEach; ++i) {
                add(key_of(study, "7", std::to_string(i)));
                if (i % 20 == 0) static_cast<void>(index().remove(key_of(study, "7", std::to_string(i))));
            }
        });
    }
    for (std::thread& writer : writers)
        writer.join();
    done = true;
    reader.join();
    ASSERT_EQ(seen.size(), 3U * (kEach + kEach / 20));
    for (std::size_t i = 0; i < seen.size(); ++i)
        ASSERT_EQ(seen[i], static_cast<std::int64_t>(i + 1));
    EXPECT_EQ(index().totals()->instances, 3U * (kEach - kEach / 20));
}

TEST_P(IndexContract, WritersAndAReaderOfTimeWindowsAtOnce) {
    constexpr int kEach = 60;
    std::vector<std::int64_t> seen;
    Ticks from = 0;
    const auto read_on = [&] {
        ChangeQuery window;
        window.by_time = true;
        window.from = from;
        window.until = from = now_ticks();
        window.limit = 1000;
        for (const Change& change : feed(window))
            seen.push_back(change.sequence);
    };
    std::atomic<int> writing = 3;
    std::vector<std::thread> writers;
    for (const char* study : {"1", "2", "3"}) {
        writers.emplace_back([&, study] {
            for (int i = 1; i <= kEach; ++i)
                add(key_of(study, "7", std::to_string(i)));
            --writing;
        });
    }
    while (writing > 0)
        read_on();
    for (std::thread& writer : writers)
        writer.join();
    read_on();
    ASSERT_EQ(seen.size(), 3U * kEach);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

}  // namespace isocenter::index
