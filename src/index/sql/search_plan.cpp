// The planner is ours, not the database's: without statistics it cannot know that one date range holds ten
// studies and another all of them. With few candidates they are taken from their index and sorted; with many,
// the records are walked newest first and the walk ends when the page is full.

#include "index/sql/search_plan.h"

#include <algorithm>

namespace isocenter::index::sql {
namespace {

using dicom::Level;
using Order = dicom::Query::Order;

// Looking at so many costs some milliseconds; a walk past records that do not match can cost more.
constexpr std::int64_t kFewCandidates = 2000;
// The same when the index alone answers and only ids are sorted.
constexpr std::int64_t kFewIds = 50'000;

bool suffices(const Candidates& candidates, const dicom::Query& query) {
    return candidates.exact && query.matchers.size() == 1 && candidates.level == query.level &&
           (query.level == Level::study || query.order == Order::newest_first);
}

Result<std::int64_t> count_up_to(Connection& connection, const Fragment& select, std::int64_t limit) {
    Fragment counting;
    counting.add("SELECT count(*) FROM (").add(select).add(" LIMIT ?)").value(limit);
    Run run(connection, counting.sql);
    bind_all(run, counting);
    ISO_TRY(const bool row, run.next());
    return row ? run.integer(0) : 0;
}

Result<std::optional<Candidates>> choose_driver(Connection& connection, const dicom::Query& query) {
    std::vector<Candidates> all;
    for (const dicom::Matcher& matcher : query.matchers) {
        if (matcher.or_unknown) continue;  // no index leads to what is absent
        if (auto found = candidates_of(matcher, query.partition)) {
            all.push_back(raised_to(std::move(*found), query.level));
        }
    }
    // The deepest level first: a series is less than its study.
    std::stable_sort(all.begin(), all.end(), [](const Candidates& a, const Candidates& b) {
        return std::pair(a.rank, -static_cast<int>(a.level)) < std::pair(b.rank, -static_cast<int>(b.level));
    });
    if (all.empty() || all.front().rank == 0) {
        return all.empty() ? std::nullopt : std::optional(std::move(all.front()));
    }
    const Candidates* best = nullptr;
    const bool ids_only = suffices(all.front(), query);
    std::int64_t least = (ids_only ? kFewIds : kFewCandidates) + 1;
    for (const Candidates& one : all) {
        ISO_TRY(const std::int64_t count, count_up_to(connection, one.select, least));
        if (count < least) {
            least = count;
            best = &one;
        }
    }
    if (best != nullptr) return std::optional(*best);
    for (const Candidates& one : all) {
        const bool streams =
            one.newest_first && one.level == query.level && query.order == Order::newest_first;
        if (streams) return std::optional(one);
    }
    return std::optional<Candidates>();
}

// Matchers of lower levels ask whether there is such a member.
Result<std::optional<Fragment>> members_condition(const dicom::Query& query) {
    Fragment series;
    if (query.level == Level::study) {
        ISO_TRY(series, condition_of(query.matchers, Level::series));
    }
    Fragment instance;
    if (query.level != Level::instance) {
        ISO_TRY(instance, condition_of(query.matchers, Level::instance));
    }
    if (series.sql.empty() && instance.sql.empty()) return std::optional<Fragment>();
    Fragment exists;
    if (query.level == Level::series) {
        exists.add("EXISTS (SELECT 1 FROM instance i WHERE i.series_id = e.id AND ").add(instance).add(")");
        return std::optional(exists);
    }
    exists.add("EXISTS (SELECT 1 FROM series e");
    if (!instance.sql.empty()) exists.add(" CROSS JOIN instance i ON i.series_id = e.id");
    exists.add(" WHERE e.study_id = s.id");
    for (const Fragment* part : {&series, &instance}) {
        if (!part->sql.empty()) exists.add(" AND ").add(*part);
    }
    return std::optional(exists.add(")"));
}

void join_upwards(Fragment& from, const dicom::Query& query, const SearchPlan& plan) {
    if (query.level == Level::instance && (plan.needs_series || plan.needs_study)) {
        from.add(" CROSS JOIN series e ON e.id = i.series_id");
    }
    if (query.level != Level::study && plan.needs_study) from.add(" CROSS JOIN study s ON s.id = e.study_id");
}

// From the candidates down to the level asked for, then up to what the condition reads.
Fragment tables_from_driver(const dicom::Query& query, const SearchPlan& plan) {
    const Level from_level = plan.driver->level;
    Fragment from;
    from.add("(").add(plan.driver->select).add(") AS c");
    if (query.level == Level::study) return from.add(" CROSS JOIN study s ON s.id = c.id");
    if (query.level == Level::series) {
        from.add(from_level == Level::study ? " CROSS JOIN series e ON e.study_id = c.id"
                                            : " CROSS JOIN series e ON e.id = c.id");
        join_upwards(from, query, plan);
        return from;
    }
    if (from_level == Level::study) {
        from.add(" CROSS JOIN series e ON e.study_id = c.id CROSS JOIN instance i ON i.series_id = e.id");
        if (plan.needs_study) from.add(" CROSS JOIN study s ON s.id = c.id");
        return from;
    }
    from.add(from_level == Level::series ? " CROSS JOIN instance i ON i.series_id = c.id"
                                         : " CROSS JOIN instance i ON i.id = c.id");
    join_upwards(from, query, plan);
    return from;
}

Fragment tables_to_walk(const dicom::Query& query, const SearchPlan& plan, bool newest_first) {
    Fragment from;
    const std::string hint = newest_first ? " INDEXED BY " : "";
    switch (query.level) {
        case Level::study:
            return from.add("study s").add(newest_first ? hint + "study_partition" : "");
        case Level::series:
            from.add("series e").add(newest_first ? hint + "series_partition" : "");
            break;
        case Level::instance:
            from.add("instance i").add(newest_first ? hint + "instance_partition" : "");
            break;
    }
    join_upwards(from, query, plan);
    return from;
}

std::string order_of(const dicom::Query& query, const SearchPlan& plan) {
    const std::string table = table_alias(query.level);
    if (query.order == Order::by_number && query.level == Level::series) {
        return " ORDER BY e.series_number_sort, e.uid, e.id";
    }
    if (query.order == Order::by_number && query.level == Level::instance) {
        return " ORDER BY e.series_number_sort, i.instance_number_sort, i.uid, i.id";
    }
    const bool streams = plan.driver && plan.driver->newest_first && plan.driver->level == query.level;
    return streams ? " ORDER BY c.id DESC" : " ORDER BY " + table + ".id DESC";
}

bool mentions_level(const dicom::Query& query, Level level) {
    return std::any_of(query.matchers.begin(), query.matchers.end(), [&](const dicom::Matcher& matcher) {
        return dicom::searchable_level(matcher.tag, matcher.sequence) == level;
    });
}

// The '+' keeps SQLite from taking the partition for something selective: only a walk goes along that index.
Fragment partition_condition(const dicom::Query& query, const SearchPlan& plan) {
    const bool walk = !plan.driver && query.order == Order::newest_first;
    Fragment condition;
    if (!walk && query.level != Level::study) condition.add("+");
    return condition.add(table_alias(query.level)).add(".partition_id = ?").value(query.partition);
}

}  // namespace

Result<SearchPlan> plan_search(Connection& connection, const dicom::Query& query) {
    SearchPlan plan;
    ISO_TRY(plan.driver, choose_driver(connection, query));
    plan.driver_suffices = plan.driver && suffices(*plan.driver, query);
    std::vector<Fragment> parts{partition_condition(query, plan)};
    for (const Level level : {Level::study, Level::series, Level::instance}) {
        if (level > query.level) break;
        ISO_TRY(Fragment part, condition_of(query.matchers, level));
        if (!part.sql.empty()) parts.push_back(std::move(part));
    }
    ISO_TRY(auto members, members_condition(query));
    if (members) parts.push_back(std::move(*members));
    plan.unconditional = parts.size() == 1;
    plan.condition = join(parts, "AND");
    plan.needs_study = query.level != Level::study && mentions_level(query, Level::study);
    plan.needs_series = query.level == Level::instance &&
                        (mentions_level(query, Level::series) || query.order == Order::by_number);
    return plan;
}

Fragment page_statement(const dicom::Query& query, const SearchPlan& plan, std::uint64_t take) {
    constexpr std::uint64_t kMost = INT64_MAX;
    const bool newest = query.order == Order::newest_first || query.level == Level::study;
    Fragment page;
    if (plan.driver_suffices) {
        // '+': else SQLite walks all studies to save itself the sorting.
        page.add("SELECT c.id FROM (")
            .add(plan.driver->select)
            .add(") AS c ORDER BY +c.id DESC LIMIT ? OFFSET ?");
        page.value(static_cast<std::int64_t>(std::min(take, kMost)));
        return page.value(static_cast<std::int64_t>(std::min(query.offset, kMost)));
    }
    page.add("SELECT ").add(table_alias(query.level)).add(".id FROM ");
    page.add(plan.driver ? tables_from_driver(query, plan) : tables_to_walk(query, plan, newest));
    page.add(" WHERE ").add(plan.condition).add(order_of(query, plan)).add(" LIMIT ? OFFSET ?");
    page.value(static_cast<std::int64_t>(std::min(take, kMost)));
    return page.value(static_cast<std::int64_t>(std::min(query.offset, kMost)));
}

Fragment count_statement(const dicom::Query& query, const SearchPlan& plan) {
    constexpr std::string_view kTotals[] = {"studies", "series", "instances"};
    Fragment count;
    if (plan.unconditional) {
        count.add("SELECT ").add(kTotals[static_cast<std::size_t>(query.level)]);
        return count.add(" FROM data_partition WHERE id = ?").value(query.partition);
    }
    count.add("SELECT count(*) FROM ");
    if (plan.driver_suffices) return count.add("(").add(plan.driver->select).add(")");
    count.add(plan.driver ? tables_from_driver(query, plan) : tables_to_walk(query, plan, false));
    return count.add(" WHERE ").add(plan.condition);
}

}  // namespace isocenter::index::sql
