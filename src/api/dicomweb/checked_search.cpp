#include "api/dicomweb/checked_search.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <utility>

#include "api/dicomweb/document_reader.h"
#include "api/dicomweb/member_list.h"
#include "dicom/tags.h"

namespace isocenter::api {
namespace {

/// Rows that are looked into one by one for what the index cannot compare; what needs more cannot be bounded.
constexpr std::uint64_t kMaxChecked = 10'000;
/// A search during which records are replaced is made anew, but not for ever.
constexpr int kMostTries = 3;

/// All rows of `query`, whatever page it asks for. Memory for them may be waited for: not while the index
/// holds a connection and a snapshot for the search.
Result<std::vector<index::SearchRow>> find_candidates(const Face& face, dicom::Query query,
                                                      MemoryBudget::Lease& memory) {
    query.offset = 0;
    query.limit = kMaxChecked + 1;
    query.want_document = false;
    std::vector<index::SearchRow> rows;
    const auto searched = face.archive.search(query, [&](index::SearchRow&& row) -> Status {
        if (rows.size() == kMaxChecked)
            return fail(ErrorCode::too_large,
                        "The search is too broad for its time zone or private attribute.");
        rows.push_back(std::move(row));
        return {};
    });
    if (!searched) return searched.error();
    ISO_CHECK(memory.resize(rows.size() * kRowBytes));
    return rows;
}

/// What became of the rows that were looked into.
struct Checked {
    std::vector<index::SearchRow> passed;
    std::size_t gone = 0;        ///< whose record went while they were looked into
    std::size_t unreadable = 0;  ///< whose document cannot be read
};

/// Keeps the rows that pass all `checks`, in their order. The index is not held meanwhile: memory is waited
/// for.
Result<Checked> check_each(const Face& face, std::vector<index::SearchRow> rows,
                           std::span<const RowCheck> checks, const RowCheckRules& rules) {
    Checked checked;
    DocumentReader documents(face);
    std::size_t kept = 0;
    for (std::size_t next = 0; next < rows.size();) {
        const auto rest = std::span(rows).subspan(next);
        ISO_TRY(const auto attached, documents.attach(rest));
        checked.gone += attached.gone;
        checked.unreadable += attached.unreadable;
        for (index::SearchRow& row : rest.first(attached.rows)) {
            const bool all =
                std::ranges::all_of(checks, [&](const RowCheck& check) { return passes(check, row, rules); });
            row.document.reset();
            if (!all) continue;
            if (&rows[kept] != &row) rows[kept] = std::move(row);
            ++kept;
        }
        next += attached.rows;
    }
    rows.resize(kept);
    checked.passed = std::move(rows);
    return checked;
}

/// The rows of `query`, whatever page it asks for, that pass all `checks`. What is unknown passes where it
/// passes the query; what cannot be read does not, and `search` gets a warning.
Result<std::vector<index::SearchRow>> check_rows(const Face& face, const dicom::Query& query,
                                                 std::span<const RowCheck> checks, SearchRequest& search,
                                                 MemoryBudget::Lease& memory) {
    const RowCheckRules rules{face.options.site_utc_offset_minutes, search.unknown_matches};
    for (int tried = 1;; ++tried) {
        ISO_TRY(auto candidates, find_candidates(face, query, memory));
        ISO_TRY(auto checked, check_each(face, std::move(candidates), checks, rules));
        // A record that was replaced has left its entity behind, which may match.
        if (checked.gone > 0) {
            if (tried == kMostTries) return changed_meanwhile();
            continue;
        }
        if (checked.unreadable > 0)
            search.warnings.push_back(std::to_string(checked.unreadable) +
                                      " possible matches were left out: their metadata cannot be read");
        return std::move(checked.passed);
    }
}

/// A search whose rows are checked beside the index, paged after that.
Result<index::SearchSummary> search_with_checks(const Face& face, SearchRequest& search,
                                                std::vector<index::SearchRow>& rows,
                                                MemoryBudget::Lease& memory) {
    const auto checks = std::span<const RowCheck>(search.checks);
    ISO_TRY(auto passed, check_rows(face, search.query, checks, search, memory));
    const std::uint64_t all = passed.size();
    const std::uint64_t begin = std::min(search.query.offset, all);
    const std::uint64_t count = std::min(search.query.limit, all - begin);
    const auto page = std::span(passed).subspan(begin, count);
    std::ranges::move(page, std::back_inserter(rows));
    index::SearchSummary summary;
    summary.total = all;
    summary.more = begin + count < all;
    return summary;
}

/// Of which level a private attribute is nobody can say, so a study or series matches when one of its
/// instances does: the conditions on private attributes become a list of UIDs.
Status resolve_private(const Face& face, SearchRequest& search, MemoryBudget::Lease& memory) {
    const auto others = std::stable_partition(
        search.checks.begin(), search.checks.end(),
        [](const RowCheck& check) { return std::holds_alternative<PrivateValue>(check); });
    if (search.query.level == dicom::Level::instance || others == search.checks.begin()) return {};
    const bool series = search.query.level == dicom::Level::series;
    dicom::Query instances = search.query;
    instances.level = dicom::Level::instance;
    const auto checks = std::span<const RowCheck>(search.checks.begin(), others);
    ISO_TRY(const auto passed, check_rows(face, instances, checks, search, memory));
    std::set<std::string> uids;
    for (const index::SearchRow& row : passed)
        uids.insert(series ? row.key.series.str() : row.key.study.str());
    search.checks.erase(search.checks.begin(), others);
    search.query.matchers.push_back({series ? dicom::tags::SeriesInstanceUID : dicom::tags::StudyInstanceUID,
                                     std::nullopt, dicom::MatchUid{{uids.begin(), uids.end()}}});
    return {};
}

}  // namespace

Result<index::SearchSummary> search_rows(const Face& face, SearchRequest& search,
                                         std::vector<index::SearchRow>& rows, MemoryBudget::Lease& memory) {
    ISO_CHECK(resolve_private(face, search, memory));
    if (!search.checks.empty()) {
        ISO_TRY(auto summary, search_with_checks(face, search, rows, memory));
        ISO_CHECK(memory.resize(rows.size() * kRowBytes));
        return summary;
    }
    dicom::Query query = search.query;
    query.want_document = false;
    const auto keep = [&rows](index::SearchRow&& row) -> Status {
        rows.push_back(std::move(row));
        return {};
    };
    ISO_TRY(auto summary, face.archive.search(query, keep));
    ISO_CHECK(memory.resize(rows.size() * kRowBytes));
    return summary;
}

}  // namespace isocenter::api
