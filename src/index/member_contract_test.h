#pragma once

// Lists of members that every index database must answer alike; see contract_test.h.

#include "index/fixture_for_contract_test.h"

namespace isocenter::index {

inline std::vector<std::int64_t> ids_of(const std::vector<Member>& members) {
    std::vector<std::int64_t> ids;
    for (const Member& member : members)
        ids.push_back(member.record);
    return ids;
}

TEST_P(IndexContract, MembersComeInTheOrderOfTheListAndKeepTheirNames) {
    for (const char* uid : {"4", "3", "5"})
        add(instance_of(key_of("1", "2", uid)));
    add(instance_of(key_of("1", "9", "3")));
    const auto before = *members().members(key_of("1"));
    const auto listed = *index().list(key_of("1"), false);
    ASSERT_EQ(before.size(), 4U);
    for (std::size_t i = 0; i < listed.size(); ++i)
        EXPECT_EQ(before[i].record, listed[i].id);
    EXPECT_NE(before[0].name, before[3].name) << "of another series";
    EXPECT_EQ(members().members(key_of("1", "2"))->size(), 3U);
    EXPECT_EQ(members().members(key_of("1", "2", "4"))->size(), 1U);
    EXPECT_TRUE(members().members(key_of("7"))->empty());

    NewInstance replacing = instance_of(listed[1].key);
    replacing.replace = true;
    add(replacing);
    const auto after = *members().members(key_of("1"));
    ASSERT_EQ(after.size(), 4U);
    for (std::size_t i = 0; i < after.size(); ++i) {
        EXPECT_EQ(after[i].name, before[i].name);
        EXPECT_EQ(after[i].record == before[i].record, i != 1);
    }
}

TEST_P(IndexContract, RecordsAreReadById) {
    const NewInstance one = instance_of(key_of("1", "2", "3"));
    NewInstance two = instance_of(key_of("1", "2", "4"));
    two.layout = std::string(1U << 20U, 'l');
    const NewInstance three = instance_of(key_of("1", "2", "5"));
    for (const NewInstance& each : {one, two, three})
        add(each);
    auto ids = ids_of(*members().members(key_of("1")));
    std::ranges::reverse(ids);
    const auto bare = *members().records(ids, false);
    ASSERT_EQ(bare.records.size(), 3U);
    EXPECT_EQ(bare.records[0].key, three.key);
    EXPECT_EQ(bare.records[0].blob, three.blob);
    EXPECT_TRUE(bare.records[0].layout.empty());

    const auto first = *members().records(ids, true);
    EXPECT_EQ(first.ids, 2U) << "a megabyte of layouts is enough";
    ASSERT_EQ(first.records.size(), 2U);
    EXPECT_EQ(first.records[1].layout, two.layout);
    EXPECT_EQ(members().records(std::span(ids).subspan(2), true)->records.front().layout, one.layout);

    ASSERT_TRUE(index().remove(two.key).ok());
    const auto rest = *members().records(ids, true);
    EXPECT_EQ(rest.ids, 3U);
    ASSERT_EQ(rest.records.size(), 2U);
    EXPECT_EQ(rest.records[1].key, one.key);
}

}  // namespace isocenter::index
