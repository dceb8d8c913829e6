#include <algorithm>

#include "index/sql/search_page.h"
#include "index/sql/search_plan.h"
#include "index/sql/sql_index.h"

namespace isocenter::index::sql {
namespace {

// Rows held at a time.
constexpr std::size_t kChunk = 200;
constexpr std::size_t kMostConditions = 200;

Result<std::vector<std::int64_t>> find_ids(Connection& connection, const Fragment& statement) {
    std::vector<std::int64_t> ids;
    Run run(connection, statement.sql);
    bind_all(run, statement);
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) return ids;
        ids.push_back(run.integer(0));
    }
}

}  // namespace

Result<SearchSummary> SqlIndex::search(const dicom::Query& query,
                                       const std::function<Status(SearchRow&&)>& sink) {
    if (query.matchers.size() > kMostConditions) {
        return fail(ErrorCode::invalid_request, "too many conditions in one search");
    }
    ISO_TRY(const Lease connection, connections_->reader());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::read));
    ISO_TRY(const SearchPlan plan, plan_search(*connection, query));
    const std::uint64_t take = query.limit == UINT64_MAX ? query.limit : query.limit + 1;
    ISO_TRY(std::vector<std::int64_t> ids, find_ids(*connection, page_statement(query, plan, take)));
    SearchSummary summary;
    summary.more = ids.size() > query.limit;
    if (summary.more) ids.pop_back();
    Page page(*connection, codec_, query);
    for (std::size_t at = 0; at < ids.size(); at += kChunk) {
        ISO_CHECK(page.load(std::span(ids).subspan(at, std::min(kChunk, ids.size() - at))));
        ISO_CHECK(page.push(sink));
    }
    if (summary.more || query.want_total) {
        ISO_TRY(const auto counted, find_ids(*connection, count_statement(query, plan)));
        summary.total = counted.empty() ? 0 : static_cast<std::uint64_t>(counted.front());
    }
    return summary;
}

}  // namespace isocenter::index::sql
