#pragma once

#include <optional>

#include "dicom/query.h"
#include "index/sql/candidates.h"
#include "index/sql/condition.h"

namespace isocenter::index::sql {

/// How a query is going to be answered.
struct SearchPlan {
    Fragment condition;  ///< on s, e, i; true when empty of matchers
    bool unconditional = false;
    bool needs_study = false;   ///< the condition or the order reads s
    bool needs_series = false;  ///< the condition or the order reads e
    std::optional<Candidates> driver;
    bool driver_suffices = false;  ///< the candidates are the answer: no table needs to be joined
};

/// Decides with at most one small counting statement for each index that could serve.
Result<SearchPlan> plan_search(Connection& connection, const dicom::Query& query);

/// Ids of the page and, in `skip`/`take`, its place.
Fragment page_statement(const dicom::Query& query, const SearchPlan& plan, std::uint64_t take);
Fragment count_statement(const dicom::Query& query, const SearchPlan& plan);

}  // namespace isocenter::index::sql
