#pragma once

#include <boost/json.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace isocenter::app {

/// How the answer of a cohort run is written.
enum class CohortFormat {
    json,     ///< one document
    ndjson,   ///< an object per patient, then totals
    studies,  ///< a StudyInstanceUID per line
};

/// Takes a piece of an answer; an error ends the run.
using CohortSink = std::function<Status(std::string_view)>;

/// Writes an answer in the format json or ndjson as its patients come: begin once, patients as often as they
/// come, end once. Errors are those of the sink.
class CohortWriter {
  public:
    /// `sink` outlives this.
    CohortWriter(CohortFormat format, const CohortSink& sink)
        : lines_(format == CohortFormat::ndjson), sink_(sink) {}
    /// `name` may be empty.
    Status begin(const std::string& name, const std::string& as_of, const boost::json::object& total);
    Status patients(const std::vector<boost::json::object>& patients);
    Status end(const boost::json::object& total, const boost::json::object& stats);

  private:
    const bool lines_;
    const CohortSink& sink_;
    bool first_ = true;
};

}  // namespace isocenter::app
